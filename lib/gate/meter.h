/* meter.h - what happened, counted over all processes of a host
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counters in memory that all processes share (base/shared): each event is one
 * or a few atomic additions, no lock and no system call. So the sums are exact
 * at any moment, also when processes end, start or are killed; they begin at
 * zero when the host starts, or another build counts other things.
 *
 * What is counted is bounded by tables: reasons, programs, interactions, and
 * metric_tenants tenants; those that come later count together as "other".
 * There is no cell for a client, a patient or an address. The process has one
 * room for it: before meter_open, and after meter_close, nothing is counted. */
#ifndef GATE_METER_H
#define GATE_METER_H

#include "base/conf.h"
#include "base/str.h"

/* meter_open - for the program of that name ("metadata", "admin", "token",
 * "facade"). Once, before threads start. false: ERR_CONF. */
bool meter_open(const struct conf *conf, const char *program, struct err *e);
void meter_close(void);

/* meter_tenant - the number of a tenant's cells, by its slug, for the calls
 * below; NULL or empty: 0, no tenant's. The cells are named by it then. */
unsigned meter_tenant(const char *slug);

/* One request, when its answer is about to leave. */
struct meter_request {
	enum err_kind kind;     /* ERR_NONE: answered as asked */
	unsigned status;        /* HTTP */
	struct str interaction; /* as the audit row calls it; absent: none */
	int64_t took_us;
	unsigned tenant;    /* 0: not known */
	uint64_t left_bare; /* displays that could not be found out */
};
void meter_request(const struct meter_request *r);

/* meter_unread - a request that was turned away before it was read. */
void meter_unread(void);

/* meter_entry - an entry of a batch. */
void meter_entry(enum err_kind kind);

/* meter_signin - a step of somebody who signs in to the portal. */
enum meter_signin {
	METER_BY_PASSPHRASE,
	METER_BY_WEB_SERVER, /* which says who it is */
	METER_BY_CODE,       /* the second step */
	METER_BY_AGAIN,      /* once more, before what is sensitive */
	METER_SIGNIN__MAX
};
void meter_signin(enum meter_signin step, enum err_kind kind);

/* meter_upstream - a call to a tenant's provider, retry included; took_us -1:
 * it was not made. */
void meter_upstream(unsigned tenant, enum err_kind kind, int64_t took_us);

/* meter_breaker - is the tenant's provider left alone? 0: no; 1: one call tries;
 * 2: yes. */
void meter_breaker(unsigned tenant, unsigned state);

/* meter_versions - a request at a face of one version (enum fhir_version) for
 * a provider of another. */
void meter_versions(unsigned face, unsigned provider);

/* meter_losses - things in records that conversion could not carry. */
void meter_losses(unsigned tenant, uint64_t n);

/* meter_lookup - was what the directory is asked for close at hand? */
enum meter_lookup {
	METER_CLIENT, /* and its secrets */
	METER_KEYS,   /* of a client */
	METER_LINK,   /* between client and tenant */
	METER_ROUTE,  /* to the tenant's provider */
	METER_LOOKUP__MAX
};
void meter_lookup(enum meter_lookup what, bool hit);

/* This process just now: audit rows that wait; it has asked for changes, and was
 * answered or not. A process that never asks has no such figures. */
void meter_waiting(int64_t rows);
void meter_polled(bool fine);

#endif
