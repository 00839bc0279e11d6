/* asker.h - who asks at an OAuth endpoint: form, credentials, client
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every endpoint of the program token does before it does its own: one
 * form, one way to show who one is, and a client behind it. */
#ifndef APP_ASKER_H
#define APP_ASKER_H

#include "app/form.h"
#include "app/gateway.h"
#include "gate/assertion.h"

/* One request, from its form to its answer. */
struct asker {
	struct work *w;
	struct audit_row *row;
	struct str body;
	struct form form;
	struct assertion assertion;
	char key_id[SECRET_KEY_ID_LEN + 1]; /* that the secret shown claims */
	char cred[SECRET_KEY_ID_LEN + 1]; /* of the secret or key, when it is */
	struct guid client;               /* since asker_known said true */
	int64_t now_s;
	int64_t end_s;  /* of what was shown; INT64_MAX: without end */
	int64_t change; /* what is known of the client is at least so new */
	const struct jwk_set *tried; /* keys that have not signed */
	const struct secret *secret; /* that was shown, and good; or NULL */
};

/* asker_start, asker_stop, asker_refused, asker_settle, asker_settle_later - for
 * the program's page. */
bool asker_start(
    struct arena *a, const struct conf *conf, bool cgi, struct err *e);
void asker_stop(void);
void asker_refused(struct work *w);
bool asker_settle(struct work *w);
bool asker_settle_later(struct work *w);

/* asker_gateway - the rooms of this process. */
struct gateway *asker_gateway(void);

/* asker_begin - interaction is what the audit row calls it. */
void asker_begin(struct asker *by, struct work *w, const char *interaction);

/* asker_form - reads the body and the Authorization field. false: in w->err,
 * also when more than one way of authentication is used (RFC 6749 2.3). */
bool asker_form(struct asker *by);

/* asker_known - is it a client, and did it show a secret that is good now, or
 * an assertion (gate/assertion) that was used by nobody before? That is settled
 * for good here. false: a kind of ERR_CLIENT_, ERR_SECRET_ or ERR_ASSERTION_,
 * all alike to a stranger; ERR_LIMIT_CLIENT, if it is one; ERR_DB. */
bool asker_known(struct asker *by);

/* asker_moved - stores the secret that was shown under the pepper that the
 * operator named, if it is under an older one; to be called before asker_end,
 * once nothing can be refused any more. What fails is left to the next time. */
void asker_moved(struct asker *by);

/* asker_end - wipes what was secret in the request. */
void asker_end(struct asker *by);

#endif
