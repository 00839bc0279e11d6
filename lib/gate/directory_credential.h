/* directory_credential.h - what it takes to be let in by a tenant's server
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of a route that is sealed, opened. */
#ifndef GATE_DIRECTORY_CREDENTIAL_H
#define GATE_DIRECTORY_CREDENTIAL_H

#include "ext/db.h"
#include "ext/fetch_run.h"
#include "gate/credential.h"

/* One at most of the first two; both NULL: nothing is wanted. Wiped with the
 * entry that holds it. */
struct directory_credential {
	/* the header field that the server wants to be shown */
	const char *line;
	const struct credential_token *token; /* how to get tokens for it */
	const struct fetch_tls *tls; /* a certificate, a CA; NULL: the usual */
	const char *shut; /* why it cannot be opened, for the log; then what is
	                     there is what can be had without. NULL: it can, or
	                     there is none */
};

/* Its columns, in the order of the row. */
enum directory_credential_column {
	DIRECTORY_AUTH,
	DIRECTORY_BOX,
	DIRECTORY_TOKEN_URL,
	DIRECTORY_TOKEN_CLIENT,
	DIRECTORY_TOKEN_AUTH,
	DIRECTORY_TOKEN_SCOPE,
	DIRECTORY_TOKEN_RESOURCE,
	DIRECTORY_TOKEN_AUDIENCE,
	DIRECTORY_TOKEN_KID,
	DIRECTORY_TOKEN_ALG,
	DIRECTORY_TLS_CHAIN,
	DIRECTORY_TLS_BOX,
	DIRECTORY_TLS_CA,
	DIRECTORY_CREDENTIAL__MAX
};

/* directory_credential_fill - opens what is sealed in the first row.
 *   dir    sealing_key_dir
 *   of     whose it is, and its provider; kind and token_url come with the row
 *   first  column of DIRECTORY_AUTH
 * false: it cannot be opened, and w->shut says why. */
bool directory_credential_fill(struct directory_credential *w, const char *dir,
    struct credential_for of, const struct db_rows *rows, size_t first);

/* directory_credential_forget - wipes and frees what fill made. */
void directory_credential_forget(struct directory_credential *w);

#endif
