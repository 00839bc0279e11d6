/* batch.h - a Bundle of requests taken apart, and its answers put together
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure text work. What is wrong with one entry is that entry's own failure;
 * only what is no batch at all fails as a whole. Which type, id or parameter an
 * entry may ask for is not known here.
 * Source: FHIR http, "batch/transaction"; bundle, invariants bdl-3 to bdl-7. */
#ifndef FHIR_BATCH_H
#define FHIR_BATCH_H

#include "fhir/tree.h"
#include "fhir/version.h"

#define BATCH_URL_BYTES_MAX ((size_t)8 * 1024)

enum batch_method { BATCH_GET, BATCH_HEAD, BATCH_POST, BATCH_METHOD__MAX };

/* One request. What has been refused has no other members. */
struct batch_entry {
	enum err_kind refused; /* ERR_NONE: it can be run */
	const char *said;      /* why not, for the caller; lives for ever */
	enum batch_method method;
	struct str path;       /* below the face: a slash and characters that
	                        * need no escape, no dot segment: "/Patient/1" */
	struct str query;      /* as written; absent without ? */
	struct str none_match; /* ifNoneMatch; absent if not given */
};

struct batch {
	struct batch_entry *entry; /* n of them, as many as were sent */
	size_t n;
};

struct batch_ask {
	enum fhir_version face;
	struct str body;
	struct str bases[2]; /* our face's own URLs, without slash at the end;
	                      * absent: fewer */
	size_t entries_max;
	struct tree_limits limits; /* depth and nodes */
};

/* batch_read - takes a posted Bundle apart. Of its entries are refused:
 *   ERR_ENTRY        without request, method or url; a method that FHIR has
 *                    not, in upper case; a url that is not Type/..., with a
 *                    slash or ./ in front or below one of the bases, or that
 *                    holds a fragment, an escape in its path, a dot segment; a
 *                    batch in the batch; a search by POST with a resource
 *   ERR_INTERACTION  PUT, PATCH, DELETE; HEAD but in R4
 *   ERR_ADDRESS_LONG a url over BATCH_URL_BYTES_MAX
 * ifMatch, ifNoneExist, ifModifiedSince and fullUrl of a request mean nothing
 * for what can be run, and are not looked at.
 *
 * Text is borrowed from a and from ask->body. false: ERR_MALFORMED, not JSON or
 * no Bundle of type batch; ERR_TOO_MANY, over the limits of the tree;
 * ERR_TOO_LARGE, over entries_max. */
bool batch_read(struct arena *a, const struct batch_ask *ask, struct batch *b,
    struct err *e);

/* One answer. Text is plain JSON or free of control characters. */
struct batch_answer {
	const char *status;       /* "200 OK" */
	struct str body;          /* a resource as JSON; empty: none */
	bool failed;              /* the body is the OperationOutcome */
	struct str full_url;      /* where the resource is read; absent: none */
	struct str etag;          /* absent: not known */
	struct str last_modified; /* an instant; absent: not known */
};

/* batch_write - the Bundle of type batch-response, entry by entry. Outcomes of
 * failures stand in response.outcome, in DSTU2 in resource; there every resource
 * has a fullUrl (bdl-6), and nowhere two have the same (bdl-7).
 *   seed  32 hexadecimal digits of their own: made-up fullUrls are of it */
void batch_write(struct buf *b, enum fhir_version v,
    const struct batch_answer *answers, size_t n, const char *seed);

#endif
