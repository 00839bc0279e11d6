/* command_inner.h - what the frame of a command and its words have in common
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_COMMAND_INNER_H
#define APP_COMMAND_INNER_H

#include "app/command.h"

struct command {
	struct arena *a;
	const struct command_verb *verb;
	const char **words; /* what is left of the command line */
	size_t n;
	const char *missing; /* first word that was wanted and not there */
	const char *broken;  /* first option without value, or given twice */
	bool json, misused;
	const char *conf_path, *database;
	const struct conf *conf;
	struct db *db;
	struct db_conn *conn; /* of a transaction */
	struct say *say;
};

/* command_take_out - so many words from there on are understood. */
void command_take_out(struct command *c, size_t at, size_t count);

#endif
