/* cmd_probe.h - wardgate probe: what works with a hospital, and what does not
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_PROBE_H
#define APP_CMD_PROBE_H

#include "app/command.h"

/* probe_ask - asks one, or with --all each; shows it, and keeps it. One that is
 * not usable: ERR_CONFLICT.
 * probe_last - what was kept. */
bool probe_ask(struct command *c, struct err *e);
bool probe_last(struct command *c, struct err *e);

#endif
