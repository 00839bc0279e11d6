/* verb.h - what several verbs of the command take and do alike
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_VERB_H
#define APP_VERB_H

#include "app/command.h"

/* verb_time_read - 2026-11-20 or 2026-11-20T09:30:00Z as us since 1970 UTC.
 * false: any other spelling, or a time that the calendar has not. */
bool verb_time_read(struct str text, int64_t *us);

/* verb_time - the time of option `name`, or null when it is not given. false:
 * a usage failure. */
bool verb_time(
    struct command *c, const char *name, struct db_arg *at, struct err *e);

/* verb_guid - the next word as a GUID; `what` names it. false: a usage
 * failure, also when it is missing. */
bool verb_guid(
    struct command *c, const char *what, struct db_arg *to, struct err *e);

/* verb_text - the value of option `name`, empty when it is not given. */
struct db_arg verb_text(struct command *c, const char *name);

/* verb_file - the first bytes of a file, at most `most`; "-" is standard input.
 * Borrowed from command_arena. false: ERR_CONF. */
bool verb_file(struct command *c, const char *path, size_t most, struct str *to,
    struct err *e);

/* verb_outcome - asks a statement that answers with one word, what was done,
 * and says it. */
bool verb_outcome(struct command *c, const char *statement,
    const struct db_arg *args, size_t n, struct err *e);

#endif
