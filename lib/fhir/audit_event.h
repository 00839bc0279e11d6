/* audit_event.h - accesses as FHIR R4 AuditEvents, in a Bundle of type collection
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: https://hl7.org/fhir/R4/auditevent.html; IHE Basic Audit Log Patterns
 * 1.1: PatientRead, PatientQuery, OAUTHaccessTokenUse.Minimal, .Comprehensive.
 * An event names the patterns that it keeps to; one that failed keeps to the
 * same shape and names none, as the patterns are for what succeeded. */
#ifndef FHIR_AUDIT_EVENT_H
#define FHIR_AUDIT_EVENT_H

#include "fhir/tree.h"

/* One access. Slices are UTF-8, absent or empty ones leave their element out;
 * times are instants of FHIR. */
struct audit_event {
	struct str trace; /* 32 hex digits */
	int64_t entry;    /* of a batch; 0: the request itself */
	struct str recorded;
	struct str interaction;                 /* read, search-type */
	struct str type, id;                    /* of the record */
	struct str patient;                     /* FHIR id */
	struct str face;                        /* DSTU2, STU3, R4 */
	int64_t status;                         /* of HTTP */
	struct str reason;                      /* reason code */
	struct str client, client_name, secret; /* ids and name */
	struct str token;                       /* jti */
	struct str purpose;                     /* of the grant */
	struct str request_id;
	struct str source;              /* address of the client */
	struct str host;                /* that answered */
	struct str tenant, tenant_name; /* GUID and name */
};

/* A bundle while it is written: one event in memory at a time. */
struct audit_events {
	struct buf *b;
	struct arena *a;  /* of one event, for its texts too; it is reset after
	                  * each, and audit_events_end frees it */
	const char *base; /* public address of the gateway */
	size_t n;
};

/* audit_events_begin - timestamp: an instant. audit_events_add - one event, in
 * the order of the bundle. audit_events_end - more: a sentence when there is
 * more than the bundle holds, which an OperationOutcome then says; else NULL.
 * What is written ends up in b, whose ceiling bounds it. */
void audit_events_begin(struct audit_events *to, struct buf *b,
    const char *base, struct str timestamp);
void audit_events_add(struct audit_events *to, const struct audit_event *e);
void audit_events_end(struct audit_events *to, const char *more);

#endif
