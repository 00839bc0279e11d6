/* jws_inner.h - what loading a key asks of those who check it
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXT_JWS_INNER_H
#define EXT_JWS_INNER_H

#include "ext/jws.h"

/* jws_agreed - do OpenSSL and libjwt take each other's signatures with this
 * key, and no other? false: ERR_CONF. */
bool jws_agreed(const struct jws_key *k, struct err *e);

#endif
