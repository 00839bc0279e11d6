/* hook.h - runs the operator's own program, without a shell, for a while
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXT_HOOK_H
#define EXT_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* hook_run - the program at path, without arguments, and waits for its end.
 *
 *   env      "NAME=value" ..., NULL at the end: its whole environment, of which
 *            nothing of ours is a part
 *   wait_ms  afterwards it and what it started in its process group are killed
 *
 * Its standard input is empty, its output is dropped, its errors are ours. It
 * inherits no handled or blocked signal. false: ERR_BROKEN, when it could not
 * be started, did not end in time, or ended with another status than 0. */
bool hook_run(
    const char *path, const char *const env[], int64_t wait_ms, struct err *e);

#endif
