/* rehearsal_visit.h - one request to a ward, and what is answered
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_VISIT_H
#define APP_REHEARSAL_VISIT_H

#include "rehearsal/rehearsal_fault.h"
#include "rehearsal/rehearsal_store.h"
#include "web/req.h"

#define REHEARSAL_BODY_MAX ((size_t)64 * 1024 * 1024) /* of an answer */

/* Where the request goes. */
struct rehearsal_visit {
	struct arena *a;
	struct db *db;
	const struct conf *conf;
	const struct req *req;
	struct rehearsal_ward ward;
	struct rehearsal_faults faults; /* of the address */
	struct str root;      /* absolute URL of the ward, faults left out */
	struct str base;      /* with them: what this provider calls itself */
	struct str link_base; /* what its links and full URLs begin with */
	struct str token_url; /* where tokens are had; absent: none are */
};

/* What is asked there; a batch has one per entry. */
struct rehearsal_call {
	enum req_method method;
	struct str path;  /* under the base: "", "/Patient/p-101", ... */
	struct str query; /* raw; absent: none */
	struct str body;  /* of a POST */
	bool form;        /* the body is a form, else JSON */
	struct str none_match;
};

/* The answer. Without a status there is none yet. */
struct rehearsal_reply {
	unsigned status;
	const char *type; /* Content-Type */
	struct str body;  /* JSON but for some failures */
	const char *etag; /* header values; NULL: none */
	const char *modified;
	const char *location;
	struct rehearsal_faults faults; /* of address and ids together */
	const char *resource_type;      /* asked for, NULL: none */
	struct str resource_id;         /* likewise */
	bool searched;                  /* a searchset was asked for */
	bool stated;                    /* the statement was */
	bool stale; /* the ward was replaced meanwhile: look again */
};

#endif
