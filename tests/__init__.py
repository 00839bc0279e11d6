# __init__.py - the tests, as a package: python3 -m tests.rig.cluster and so on
# SPDX-License-Identifier: Apache-2.0
#
# Whoever is told to end clears up first, as if somebody had pressed Ctrl-C.

import signal
import threading

if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
