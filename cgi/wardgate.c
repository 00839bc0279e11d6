/* wardgate.c - the operator's command
 *
 * Reads   what the verb needs: settings; pepper and key folders for secrets
 *         and keys; migration files
 * Asks    the database in one role per verb: sql/prepare/wardgate.sql as
 *         wg_operator or wg_auditor, keeper.sql as wg_keeper, migrate.sql as
 *         the owner
 * Speaks  terminal text, or JSON with --json
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_audit.h"
#include "app/cmd_keep.h"
#include "app/cmd_migrate.h"
#include "app/command.h"

/* clang-format off */
static const struct command_verb verbs[] = {
	{ "migrate status", migrate_status, AS_OWNER, "[--dir DIR]",
	  "which migrations are applied, which are not" },
	{ "migrate apply", migrate_apply, AS_OWNER, "[--dir DIR]",
	  "apply what is missing, each in one transaction" },
	{ "migrate verify", migrate_verify, AS_OWNER, "[--dir DIR]",
	  "are the applied files the ones that are here?" },
	{ "keep", keep, AS_KEEPER, "[--once] [--every SECONDS]",
	  "make audit partitions, clear what is old, sum up uses" },
	{ "audit tail", audit_tail, AS_AUDITOR,
	  "[-n COUNT] [--follow] [--tenant GUID] [--trace ID]",
	  "the newest audit rows" },
};
/* clang-format on */

int
main(int argc, char **argv)
{
	return command_main(verbs, COUNT(verbs), argc, argv);
}
