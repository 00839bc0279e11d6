/* cmd_doctor.h - wardgate doctor: finds the classic faults of an installation
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_DOCTOR_H
#define APP_CMD_DOCTOR_H

#include "app/command.h"

/* doctor [--sockets DIR] [--offline] - looks at files, sockets, database and
 * public base, and says what is wrong and what to do; changes nothing. As
 * wg_operator. --offline: without the public base. ERR_CONFLICT: a fault was
 * found. */
bool doctor_tell(struct command *c, struct err *e);

#endif
