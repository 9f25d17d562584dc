"""The camera and other programs share one detector; neither shuts the other out."""

import threading
import time

from partsight.deploy.live.fair_lock import FairLock, SharedDetector
from tests.unit.deploy.live.scene import NAMES, wait_for


class Recorder:
    """A detector that says who asked, and takes its time."""

    class_names = NAMES

    def __init__(self):
        self.asked, self.num_inside, self.most_inside = [], 0, 0

    def detect(self, images, *_limits):
        self.num_inside += 1
        self.most_inside = max(self.most_inside, self.num_inside)
        time.sleep(0.002)
        self.asked += images
        self.num_inside -= 1
        return []


def run(*loops):
    threads = [threading.Thread(target=loop) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_the_camera_has_every_second_turn_however_many_programs_ask():
    recorder = Recorder()
    shared = SharedDetector(recorder)
    camera = shared.front_seat()
    end = time.monotonic() + 0.6

    def ask(detector, who):
        def loop():
            while time.monotonic() < end:
                detector.detect([who], 0.5, 10)

        return loop

    run(ask(camera, "camera"), *(ask(shared, f"program {number}") for number in range(6)))
    share = recorder.asked.count("camera") / len(recorder.asked)
    assert 0.35 < share < 0.6
    assert len(set(recorder.asked)) == 7, "all programs were served, too"
    assert recorder.most_inside == 1


def test_programs_are_served_in_the_order_of_asking():
    turns, order = FairLock(), []

    def ask(number):
        with turns.turn():
            order.append(number)

    with turns.turn():
        threads = []
        for number in range(5):
            threads.append(threading.Thread(target=ask, args=(number,)))
            threads[-1].start()
            wait_for(lambda count=number + 1: len(turns._waiting) == count)
    for thread in threads:
        thread.join(5)
    assert order == list(range(5))
