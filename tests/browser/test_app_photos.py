"""What the commands say of the photos stands beside them: real Chromium, the real check as a job."""

import shutil
from dataclasses import replace

import pytest

from partsight.pipeline.photos.kept_answers import find_answer, keep_drawing, photos_state
from partsight.pipeline.portraits import encode_png
from partsight.pipeline.running.workspace import Workspace
from partsight.config.loading import read_recipe
from partsight.files import write_json
from tests.builders import checkered

from .chromium import open_browser, open_tab, wait_for
from .realistic import realistic_pictures
from .test_app import SIZES, app, broken_rules, go, press
from .test_live_page import BROWSER
