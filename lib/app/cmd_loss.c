/* cmd_loss.c - wardgate loss: what conversion could not carry
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_loss.h"

/* Columns of the statement loss_list that people see; JSON has them all. */
enum { SLUG = 1, FROM = 3, TO, ELEMENT, FATE, TIMES, LAST_AT = 9 };

static void
say_table(struct command *c, const struct db_rows *rows)
{
	static const int shown[] = { SLUG, FROM, TO, ELEMENT, FATE, TIMES,
		LAST_AT };

	say_list(c, "losses");
	for (size_t r = 0; r < db_count(rows); r++) {
		for (size_t i = 0; i < COUNT(shown); i++)
			say_cell(c, rows, r, (size_t)shown[i]);
		say_row(c);
	}
	say_list_end(c);
}

bool
loss_tell(struct command *c, struct err *e)
{
	struct db_arg tenant = db_arg_text(str_of(command_word(c, NULL)));
	const struct db_rows *rows;

	if (!command_end(c, e) ||
	    !(rows = command_ask(c, "loss_list", &tenant, 1, e)))
		return false;
	if (command_json(c))
		say_rows(c, "losses", rows);
	else
		say_table(c, rows);
	return true;
}
