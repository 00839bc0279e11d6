# hour.py - for stories about what is counted by the hour
# SPDX-License-Identifier: Apache-2.0

import time

MARGIN_S = 60


def begin():
    """Returns when this hour has a while to go: a story that writes into it and
    then looks at it should not find that it is the one before."""
    left = 3600 - time.time() % 3600
    if left < MARGIN_S:
        time.sleep(left + 0.1)
