/* cmd_migrate.h - wardgate migrate: bring the schema to what the programs need
 * SPDX-License-Identifier: Apache-2.0
 *
 * Migrations are files NNNN_name.sql, numbered without gap from 0001. Applied
 * ones are written down with the SHA-256 of their file, in the transaction
 * that applied them. They only go forward. Options: --dir DIR (where the files
 * are; default: the installed ones). Verbs of app/command.h. */
#ifndef APP_CMD_MIGRATE_H
#define APP_CMD_MIGRATE_H

#include "app/command.h"

/* migrate_status - says every migration: number, name, state (applied,
 * pending, altered, missing), applied_at. Changes nothing. */
bool migrate_status(struct command *c, struct err *e);

/* migrate_apply - applies what is pending, in order, each in one transaction,
 * one command at a time (advisory lock). Says what it applied. Fails with
 * ERR_CONFLICT when an applied file was altered or is missing. */
bool migrate_apply(struct command *c, struct err *e);

/* migrate_verify - ERR_CONFLICT unless all files are applied and unaltered. */
bool migrate_verify(struct command *c, struct err *e);

#endif
