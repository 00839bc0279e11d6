/* crowd_unit.h - one line of the plan, and the requests that it stands for
 * SPDX-License-Identifier: Apache-2.0
 *
 * Six fields with tabs between; `-` leaves one out:
 *
 *     label  form  method  target  body  header
 *
 * form: body of the token request. header: one more header line. Method GET+
 * or POST+: the link to the next page is followed, with another token. */
#ifndef RIG_CROWD_UNIT_H
#define RIG_CROWD_UNIT_H

#include "tests/bench/prepared.h"

enum unit_kind { UNIT_TOKEN, UNIT_FIRST, UNIT_PAGE };
enum unit_field {
	UNIT_LABEL,
	UNIT_FORM,
	UNIT_METHOD,
	UNIT_TARGET,
	UNIT_BODY,
	UNIT_HEADER,
	UNIT__FIELDS
};

struct unit {
	struct text field[UNIT__FIELDS];
};

/* unit_read - the next line, taken off *plan. false: none is left, or it has
 * not six fields. */
bool unit_read(struct unit *u, struct text *plan);

/* unit_has - is the field not left out? */
bool unit_has(const struct unit *u, enum unit_field field);

/* unit_follows - is the next page asked for? */
bool unit_follows(const struct unit *u);

/* unit_write - the request, head and body; returns its length, or room when
 * it does not fit.
 *   token   of the bearer field; looked at if the unit has a form
 *   cursor  of UNIT_PAGE */
size_t unit_write(char *to, size_t room, const struct unit *u,
    enum unit_kind kind, const char *token, const char *cursor);

#endif
