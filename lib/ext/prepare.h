/* prepare.h - each program's SQL vocabulary, as the build embeds it
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text of sql/prepare/NAME.sql becomes prepare_NAME: `prepare` statements
 * that a connection runs when it opens (db_opts.prepare_sql). What each takes
 * and answers stands beside it in that file. */
#ifndef EXT_PREPARE_H
#define EXT_PREPARE_H

extern const char prepare_metadata[];
extern const char prepare_token[];
extern const char prepare_admin[];
extern const char prepare_facade[];
extern const char prepare_keeper[];
extern const char prepare_probe[];
extern const char prepare_wardgate[];
extern const char prepare_migrate[];  /* before the schema is there */
extern const char prepare_migrated[]; /* once it is */
extern const char prepare_rehearsal[];

#endif
