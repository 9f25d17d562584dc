"""What is known of renders beyond boxes, written as other tools read it: masks, turned boxes, keypoints, poses."""
