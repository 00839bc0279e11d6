/* doctor.h - what each part of an installation suffers from, and the cure
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each doctor_* looks at one part and says a row per finding; none changes
 * anything or fails. What cannot be looked at is told as `unseen`, with what to
 * do to see it. No finding holds a secret. */
#ifndef APP_DOCTOR_H
#define APP_DOCTOR_H

#include "app/command.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_UNSEEN,
	DOCTOR_WARNING,
	DOCTOR_FAULT,
	DOCTOR__MAX
};

struct doctor {
	struct command *c;
	const struct conf *conf;
	unsigned count[DOCTOR__MAX]; /* findings of each state */
};

/* doctor_say - one finding. act: what to do; NULL: nothing. */
void doctor_say(struct doctor *d, const char *subject, enum doctor_state state,
    const char *found, const char *act);

/* doctor_cure - what to do about that check of wardgate.ready() when it fails. */
const char *doctor_cure(struct str subject);

/* doctor_files - peppers, keys of cursors and of the portal, signing keys, the
 * folder of public ones and the password file: there, readable, and by nobody else. */
void doctor_files(struct doctor *d);

/* doctor_seal - the files of the sealing keys that credentials need: here, and
 * usable? Asks the database. */
void doctor_seal(struct doctor *d);

/* doctor_tls - certificates of the gateway for hospitals, CAs and lists of revoked
 * certificates of theirs: in force, and for how long? Asks the database. */
void doctor_tls(struct doctor *d);

/* doctor_sockets - the sockets of the programs in folder dir: there, with
 * their modes, and somebody listens. */
void doctor_sockets(struct doctor *d, const char *dir);

/* doctor_clock - is a clock that was read between two readings of ours more
 * than DOCTOR_SKEW_S away from it? All in us since 1970.
 *   whose  "the database" */
#define DOCTOR_SKEW_S 5
void doctor_clock(struct doctor *d, const char *whose, int64_t theirs_us,
    int64_t before_us, int64_t after_us);

/* doctor_base - asks public_base from here: is this gateway there, does it
 * call itself so, does Authorization arrive, whom does it take us for, is it
 * ready, what time is it?
 *   kid  the key that signs, to be published; NULL: not known */
void doctor_base(struct doctor *d, const char *kid);

/* doctor_source - whose request was that to the program? It had a forged
 * address, DOCTOR_FORGED, in the fields that proxies write.
 *   request  its X-Request-Id, from doctor_request */
#define DOCTOR_FORGED      "192.0.2.77" /* RFC 5737: nobody's */
#define DOCTOR_REQUEST_LEN 39
void doctor_source(struct doctor *d, const char *request);

/* doctor_request - an X-Request-Id of our own, and a NUL. Returns to. */
char *doctor_request(char to[DOCTOR_REQUEST_LEN + 1]);

#endif
