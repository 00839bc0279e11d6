/* doctor_seal.c - the keys of sealed credentials, looked at from one host
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gate/credential.h"

#define SUBJECT "sealing keys"

enum { KID, STAGE, BOXES = 6 }; /* columns of sealing_key_list */

/* true: the key is here, or nothing needs it. */
static bool
look_at_key(struct doctor *d, const char *kid, const char *stage, int64_t boxes)
{
	unsigned char private[CRYPT_X25519_BYTES];
	struct arena *a = command_arena(d->c);
	struct err e = { .kind = ERR_NONE };
	const char *dir = d->conf->sealing_key_dir;
	bool here, needed = boxes || !strcmp(stage, "use");

	if (!needed)
		return true;
	errno = 0;
	if (access(arena_printf(a, "%s/%s.key", dir, kid), R_OK) &&
	    errno == EACCES) {
		doctor_say(d, SUBJECT, DOCTOR_UNSEEN,
		    arena_printf(a, "%s/%s.key: not for you to read", dir, kid),
		    "run `wardgate doctor` as root to see it");
		return false;
	}
	here = credential_key(dir, kid, private, &e);
	crypt_wipe(private, sizeof private);
	if (!here)
		doctor_say(d, SUBJECT, DOCTOR_FAULT,
		    arena_printf(a,
			"%s; facade cannot open what is sealed to it: %lld %s",
			e.said, (long long)boxes,
			boxes == 1 ? "credential" : "credentials"),
		    "copy the file from a host that has it, with mode 0640");
	return here;
}

void
doctor_seal(struct doctor *d)
{
	struct arena *a = command_arena(d->c);
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    command_ask(d->c, "sealing_key_list", NULL, 0, &e);
	bool good = true;
	size_t i;

	if (!rows || !db_count(rows))
		return; /* nothing was ever sealed */
	for (i = 0; i < db_count(rows); i++)
		good &= look_at_key(d, str_text(a, db_text(rows, i, KID)),
		    str_text(a, db_text(rows, i, STAGE)),
		    db_int(rows, i, BOXES));
	if (good)
		doctor_say(d, SUBJECT, DOCTOR_OK,
		    "what is sealed can be opened here", NULL);
}
