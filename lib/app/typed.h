/* typed.h - a line that somebody types, or that a script writes for them
 * SPDX-License-Identifier: Apache-2.0
 *
 * From standard input; `asked` is written to standard error where that is a
 * terminal. The line comes without its end and without a NUL; wipe what is
 * secret. false: ERR_PARAM when there is nothing, or more than `room` bytes;
 * ERR_CONF when it cannot be read. */
#ifndef APP_TYPED_H
#define APP_TYPED_H

#include "base/err.h"
#include "base/str.h"

bool typed_line(
    const char *asked, char *to, size_t room, size_t *n, struct err *e);

/* typed_unseen - the same, and a terminal does not show it. */
bool typed_unseen(
    const char *asked, char *to, size_t room, size_t *n, struct err *e);

#endif
