/* cmd_loss.h - wardgate loss: what conversion could not carry
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_LOSS_H
#define APP_CMD_LOSS_H

#include "app/command.h"

/* loss_tell - says the loss report, of one tenant (its GUID or its slug) or of
 * all, what is lost most often first. Values of records are not in it. */
bool loss_tell(struct command *c, struct err *e);

#endif
