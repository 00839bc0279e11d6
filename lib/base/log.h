/* log.h - one JSON line per event on standard error, from an allow-list
 * SPDX-License-Identifier: Apache-2.0
 *
 * A field that is not in the list cannot be logged: there is no call for it.
 * Values are escaped and cut, so a stranger's text stays one field of one
 * line. No secret, token, query string, body or name of a person has a field.
 * One write(2) per line; safe from every thread. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* The allow-list. Text unless the name says a unit or count. */
enum log_field {
	LOG_END,    /* closes the list */
	LOG_WHY,    /* our own words: what failed and what to do */
	LOG_TRACE,  /* trace id */
	LOG_PARENT, /* trace id of the caller's traceparent */
	LOG_ROUTE,  /* route template, never the path as sent */
	LOG_METHOD,
	LOG_REASON, /* reason code */
	LOG_CLIENT, /* client_id */
	LOG_TENANT, /* tenant id */
	LOG_FILE,   /* path of a file of ours */
	LOG_SIGNAL,
	LOG_KEY_ID, /* of a secret: the part that is not secret */
	LOG_STATUS, /* from here on values are long */
	LOG_MS,
	LOG_COUNT,
	LOG_BYTES,
	LOG_LINE,
	LOG_BARE, /* references without display in an answer */
	LOG_DAYS
};

/* log_open - name of the program, shown in every line; and the level. Call
 * once, before threads start. */
void log_open(const char *program, enum log_level least);

/* log_event - pairs of field and value, closed by LOG_END. Text values are
 * const char * (NULL is left out), numbers are long.
 *   log_event(LOG_WARN, "db_lost", LOG_WHY, why, LOG_MS, 12L, LOG_END); */
void log_event(enum log_level level, const char *event, ...);

#endif
