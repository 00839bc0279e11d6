/* cmd_tenant.h - wardgate tenant: hospitals, and stopping one
 * SPDX-License-Identifier: Apache-2.0
 *
 * What suspend.sql, resume.sql and maintenance.sql do, for who is in a hurry;
 * setting a tenant up takes more than a line (sql/onboard/tenant.sql). */
#ifndef APP_CMD_TENANT_H
#define APP_CMD_TENANT_H

#include "app/command.h"

/* tenant_list - all of them, their states and providers. */
bool tenant_list(struct command *c, struct err *e);

/* tenant_suspend - no tokens for it, and those there are count for nothing.
 * tenant_maintenance - a notice instead of records. tenant_resume - ends
 * either. Doing it again is no change. */
bool tenant_suspend(struct command *c, struct err *e);
bool tenant_maintenance(struct command *c, struct err *e);
bool tenant_resume(struct command *c, struct err *e);

/* tenant_networks - the private networks in which its server may be; `none`:
 * it is public. */
bool tenant_networks(struct command *c, struct err *e);

/* tenant_environment - into production, or back into test. One that no probe
 * found usable is refused (ERR_CONFLICT) unless --override says why it may do
 * without; both stand in the trail. */
bool tenant_environment(struct command *c, struct err *e);

#endif
