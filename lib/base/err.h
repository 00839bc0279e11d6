/* err.h - what went wrong: one kind, words for the caller, words for the log
 * SPDX-License-Identifier: Apache-2.0
 *
 * Functions that can fail return bool or a pointer and take `struct err *`
 * last. The first failure wins: err_set on an err that is already set changes
 * nothing. web/fail alone turns a kind into a status and a body. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

/* One kind per stable reason code (web/fail.c has the table). Kinds that a
 * stranger must not be able to tell apart share their answer there. */
enum err_kind {
	ERR_NONE,
	/* the request itself */
	ERR_ADDRESS,      /* no such address here */
	ERR_ADDRESS_LONG, /* longer than any that is read */
	ERR_METHOD,       /* address exists, method not allowed */
	ERR_HEAD_LARGE,   /* more header fields than are read */
	ERR_MALFORMED,    /* request cannot be understood */
	ERR_QUERY_SECRET, /* credential or grant parameter in the query string */
	ERR_REPEATED,     /* a parameter that must stand once stands twice */
	ERR_TOO_LARGE,    /* body over its limit */
	ERR_TOO_MANY,     /* too many parameters or entries */
	ERR_MEDIA,        /* request content type not understood */
	ERR_ENCODED,      /* request body carries a Content-Encoding */
	ERR_NOT_ACCEPTED, /* asked for a format other than JSON */
	/* client authentication, all the same 401 outside */
	ERR_CLIENT_ABSENT,    /* no credentials at all */
	ERR_CLIENT_UNKNOWN,   /* no such client_id */
	ERR_CLIENT_DISABLED,  /* the operator or owner disabled it */
	ERR_SECRET_MALFORMED, /* not one of our secrets: typo or other value */
	ERR_SECRET_WRONG,     /* well formed, not this client's */
	ERR_SECRET_EARLY,     /* before its start */
	ERR_SECRET_EXPIRED,   /* past its end */
	ERR_SECRET_DEAD,      /* invalidated */
	ERR_ASSERTION_MALFORMED, /* client assertion that cannot be read */
	ERR_ASSERTION_KEY, /* no key of the client's with that kid and alg */
	ERR_ASSERTION_SIGNATURE,
	ERR_ASSERTION_CLAIMS,   /* a claim missing, odd, or not the client's */
	ERR_ASSERTION_AUDIENCE, /* meant for somebody else */
	ERR_ASSERTION_EXPIRED,
	ERR_ASSERTION_EARLY, /* from the future */
	ERR_ASSERTION_LIFE,  /* good for too long */
	ERR_ASSERTION_SEEN,  /* used before */
	/* too often; also a failure of those above from a source of many */
	ERR_LIMIT_CLIENT,
	ERR_LIMIT_TENANT,
	ERR_LIMIT_SOURCE,
	ERR_LIMIT_SIGNIN, /* too many sign-ins at once */
	/* people at the portal */
	ERR_SIGNIN,      /* name, passphrase or code, whichever it was */
	ERR_SIGNIN_WAIT, /* failed too often; not before retry_after_s */
	ERR_SIGNED_OUT,  /* nobody is signed in, or not far enough */
	ERR_STRANGER,    /* the web server names nobody who has an account */
	ERR_FORM,        /* a form that is not of this session and site */
	ERR_PASSPHRASE,  /* not one that is taken */
	ERR_PROOF,       /* the passphrase is to be given again first */
	/* grant and scope */
	ERR_GRANT_TYPE,         /* not client_credentials */
	ERR_RESPONSE_TYPE,      /* any: there is no user authorization */
	ERR_SCOPE_MALFORMED,    /* scope holds not one tenant GUID */
	ERR_SCOPE_REFUSED,      /* a word beside it, or more than granted */
	ERR_TENANT_UNKNOWN,     /* these three are the same 400 at token ... */
	ERR_TENANT_NOT_GRANTED, /* ... and the same 403 at the facade */
	ERR_TENANT_SUSPENDED,
	/* bearer token, all the same 401 outside but for ABSENT */
	ERR_TOKEN_ABSENT,
	ERR_TOKEN_MALFORMED,
	ERR_TOKEN_KEY, /* signed by no key of ours */
	ERR_TOKEN_SIGNATURE,
	ERR_TOKEN_EXPIRED,
	ERR_TOKEN_EARLY,
	ERR_TOKEN_ISSUER,
	ERR_TOKEN_AUDIENCE,
	ERR_TOKEN_CLAIMS,  /* a claim missing or of the wrong type */
	ERR_TOKEN_CLIENT,  /* its client is disabled or gone */
	ERR_TOKEN_SECRET,  /* the secret it was issued for is invalidated */
	ERR_TOKEN_GRANT,   /* its grant was removed */
	ERR_TOKEN_REVOKED, /* it, or all that were issued before a time */
	/* FHIR requests */
	ERR_TENANT_OTHER, /* url or header names another tenant */
	ERR_TYPE,         /* resource type not served */
	ERR_TYPE_GRANTED, /* served, but not to this token or client */
	ERR_INTERACTION,  /* interaction not served (writes, history, ops) */
	ERR_ENTRY,        /* an entry of a batch that cannot be read */
	ERR_BATCH_LARGE,  /* the answers of a batch, together */
	ERR_ID,           /* not a FHIR id */
	ERR_PARAM,        /* search parameter or value refused */
	ERR_PARAM_STRICT, /* unknown parameter under handling=strict */
	ERR_UNSELECTIVE,  /* no selective parameter left */
	ERR_FACE,         /* this face cannot read that tenant's version */
	ERR_CURSOR,       /* page cursor not ours, not yours, altered */
	ERR_CURSOR_EXPIRED,
	ERR_MAINTENANCE, /* operator's notice */
	/* the tenant's provider */
	ERR_UPSTREAM_ADDRESS, /* of a server where we may not go */
	ERR_UPSTREAM_CONNECT, /* no connection (name, TCP, TLS) */
	ERR_UPSTREAM_TIMEOUT,
	ERR_UPSTREAM_AUTH,  /* refused our credential */
	ERR_CREDENTIAL,     /* ours for it cannot be opened; the same outside */
	ERR_UPSTREAM_TOKEN, /* its token endpoint refuses us, or answers what
	                       is no token; the same outside */
	ERR_UPSTREAM_TOKEN_AWAY, /* its token endpoint does not answer */
	ERR_UPSTREAM_REDIRECT,
	ERR_UPSTREAM_BAD,     /* cut off, not JSON, wrong type, wrong version */
	ERR_UPSTREAM_LARGE,   /* over a limit */
	ERR_UPSTREAM_FAILED,  /* 5xx */
	ERR_UPSTREAM_BUSY,    /* 503, or our look-ups for it are too many */
	ERR_UPSTREAM_REFUSED, /* 400 and other 4xx */
	ERR_UPSTREAM_NOT_FOUND,
	ERR_UPSTREAM_GONE,
	ERR_UPSTREAM_LIMIT, /* 429 */
	ERR_UPSTREAM_OPEN,  /* it failed so often that it is left alone */
	ERR_UPSTREAM_FULL,  /* as many requests wait for it as may */
	ERR_UPSTREAM_QUOTA, /* its rate of calls is used up */
	/* ourselves */
	ERR_BUSY,     /* no free worker, or the byte budget is spent */
	ERR_DEADLINE, /* the whole request took too long */
	ERR_DB,       /* database not answering, or directory unconfirmed */
	ERR_AUDIT,    /* the audit row could not be made durable */
	ERR_CONF,     /* settings file, key file, command line */
	ERR_CONFLICT, /* limit or state forbids it: sixth secret, duplicate */
	ERR_MISSING,  /* what the operator named does not exist */
	ERR_BROKEN,   /* our own fault */
	ERR__MAX
};

struct err {
	enum err_kind kind;
	unsigned retry_after_s; /* 0: none */
	char said[2048];        /* for the caller: UTF-8, no internals; holds
	                           the longest notice, 500 characters */
	char why[320];          /* for the log and the operator */
};

/* err_set - record a failure. Returns false, so that failing is one line.
 *   said  printf format; the sentence the caller reads. NULL: the standing
 *         sentence of the kind (web/fail.c). */
bool err_set(struct err *e, enum err_kind kind, const char *said, ...)
    __attribute__((format(printf, 3, 4)));

/* err_why - like err_set with the standing sentence, and words that only the
 * log sees. Returns false. */
bool err_why(struct err *e, enum err_kind kind, const char *why, ...)
    __attribute__((format(printf, 3, 4)));

/* err_clear - forget a failure that has been dealt with. */
void err_clear(struct err *e);

#endif
