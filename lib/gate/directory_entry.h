/* directory_entry.h - clients, tenants and what links them, as the database says
 * SPDX-License-Identifier: Apache-2.0
 *
 * What gate/directory keeps and hands out, and how rows become it. */
#ifndef GATE_DIRECTORY_ENTRY_H
#define GATE_DIRECTORY_ENTRY_H

#include "ext/crypt.h"
#include "ext/db.h"
#include "ext/fetch_guard.h"
#include "ext/jwk.h"
#include "gate/directory_credential.h"
#include "gate/meter.h"
#include "gate/scope.h"
#include "gate/secret.h"

enum tenant_state {
	TENANT_UNKNOWN,
	TENANT_ACTIVE,
	TENANT_SUSPENDED,
	TENANT_MAINTENANCE
};
enum grant_state { GRANT_NONE, GRANT_LIVE, GRANT_ENDED };

/* A client and one of its secrets, as `token` sees them. */
struct directory_client {
	int64_t change; /* number of the snapshot that it was read from */
	bool known, disabled;
	bool has; /* a secret of that key id: */
	struct secret secret;
};

/* A client and its public keys, as `token` sees them: parsed once. */
struct directory_keys {
	bool known, disabled;
	int64_t change; /* number of the snapshot that it was read from */
	const struct jwk_set *set;                /* NULL: it has none */
	unsigned char digest[CRYPT_SHA256_BYTES]; /* of what it was read from */
	const char *url; /* where it publishes them: ours are a copy, which may
	                    be older. NULL: they are registered by value */
};

/* May this client have a token for this tenant? As `token` sees it. */
struct directory_link {
	int64_t change; /* number of the snapshot that it was read from */
	enum tenant_state tenant;
	enum grant_state grant;
	int64_t grant_end_s; /* INT64_MAX: none; no token outlives it */
	uint32_t may;        /* what the grant covers: SCOPE_BITs */
};

/* Who asks and where it goes, as `facade` sees it. Text is NUL-terminated and
 * lives as long as the entry. */
struct directory_route {
	bool client_known, client_disabled;
	size_t n_keys; /* credentials of the client that are alive */
	const char (*keys)[SECRET_KEY_ID_LEN + 1]; /* n_keys of them */
	enum tenant_state tenant;
	enum grant_state grant;
	int64_t grant_end_s;
	uint32_t may;              /* what the grant covers: SCOPE_BITs */
	int64_t maintenance_end_s; /* INT64_MAX: open; then the tenant is
	                              active again */
	int64_t retry_after_s;
	const char *notice; /* for people, "" if none */
	int64_t revision;   /* of the provider's row */
	const char *base_url;
	const char *fhir_version; /* "DSTU2", "STU3", "R4" */
	const char *mode;         /* "translate", "links" */
	bool search_post;
	int64_t connect_ms, wait_ms; /* 0: the settings' */
	int64_t requests_max;        /* at once, of a process; 0: likewise */
	int64_t calls_per_s;         /* 0: as often as one likes */
	bool http2;

	/* what the provider can, as its operator says: "auto" (found out while
	 * working), "on", "off" */
	const char *can_contains, *can_sort, *can_total, *can_batch;
	const char *coverage_person; /* "auto"; "patient", "beneficiary",
	                                "subscriber", "policy-holder";
	                                "compartment"; "none" */
	const char *slug;            /* of the tenant, for metrics */
	const char *mrn_system; /* of its record numbers, "" if not known */
	bool write_extensions;  /* for what another version has no place; what
	                          modifies a meaning is written anyway */

	const struct fetch_net *nets; /* private networks that it may be in */
	size_t nets_n;

	struct directory_credential credential; /* if it cannot be opened, the
	                                           entry is not kept */
};

/* A question, and what its answer may need to be understood. */
struct directory_asked {
	struct arena *a;
	const struct guid *tenant; /* where it is about one */
	const char *sealing_dir;   /* see gate/credential */
};

/* How rows become values of one kind. */
struct directory_source {
	const char *statement;
	size_t args;
	const void *unknown; /* the value of what is not at hand */
	/* A value (cache_value); *n receives the change number of the rows'
	 * snapshot, *keep whether the value can decide success. */
	void *(*fill)(const struct directory_asked *q,
	    const struct db_rows *rows, int64_t *n, bool *keep);
	/* What costs too much to be made again when it is the same: value may
	 * take it from `old`, the value at hand, or NULL. May be NULL itself. */
	void (*finish)(
	    void *value, const struct db_rows *rows, const void *old);
};

/* directory_source - of one kind; never NULL. */
const struct directory_source *directory_source(enum meter_lookup kind);

#endif
