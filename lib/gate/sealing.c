/* sealing.c - the public key that credentials are sealed to
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/sealing.h"

#include <string.h>

bool
sealing_key_read(
    const struct db_rows *rows, struct sealing_key *to, struct err *e)
{
	struct str kid = db_text(rows, 0, 0), bytes = db_bytes(rows, 0, 1);

	if (!kid.at)
		return err_set(e, ERR_CONFLICT,
		    "There is no sealing key yet; make one with `wardgate key "
		    "make seal`.");
	if (bytes.len != sizeof to->public)
		return err_set(
		    e, ERR_CONF, "The sealing key %.*s is none.", STR_FMT(kid));
	memcpy(to->public, bytes.at, bytes.len);
	box_kid(to->kid, to->public);
	return str_is(kid, to->kid) ||
	       err_set(e, ERR_CONF,
		   "The sealing key %.*s was altered: do not use it.",
		   STR_FMT(kid));
}
