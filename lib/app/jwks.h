/* jwks.h - the public keys that our tokens are verified with, as published
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read from public_key_dir alone, so it works without a database. The folder
 * is looked at again at most four times a second, when somebody asks. One
 * lock, held by whoever looks; who wants the keys does not wait for it. */
#ifndef APP_JWKS_H
#define APP_JWKS_H

#include "gate/keyring.h"
#include "web/serve.h"

/* jwks_start - reads the keys. Keys that cannot be read are logged and tried
 * again later: the other documents do not depend on them.
 * jwks_stop - after the last request. */
void jwks_start(const struct conf *conf);
void jwks_stop(void);

/* jwks_get - the JWK Set (RFC 7517 5). ERR_BUSY without any. */
bool jwks_get(struct work *w);

/* jwks_ring - the same keys, to verify tokens with. NULL: none could be read
 * yet. */
struct keyring *jwks_ring(void);

/* jwks_refuse - the withdrawn keys are published no more and verify nothing, whatever
 * lies in the folder, until another call says otherwise. */
void jwks_refuse(const struct keyring_wish *wish);

/* jwks_ready - can a key be read that tokens can be verified with, and is the
 * one that signs among them? Reads all files: ask once a second at most.
 *   in_use  its kid; NULL: not known, and not asked
 * *why says so, in words fit for strangers. */
bool jwks_ready(const char *in_use, const char **why);

#endif
