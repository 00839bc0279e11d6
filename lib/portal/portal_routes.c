/* portal_routes.c - every address of the portal, and who may go there
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal.h"
#include "portal/portal_audit.h"
#include "portal/portal_breach.h"
#include "portal/portal_client.h"
#include "portal/portal_credential.h"
#include "portal/portal_grant.h"
#include "portal/portal_health.h"
#include "portal/portal_incident.h"
#include "portal/portal_keys.h"
#include "portal/portal_proposal.h"
#include "portal/portal_probe.h"
#include "portal/portal_provider_key.h"
#include "portal/portal_secret.h"
#include "portal/portal_self.h"
#include "portal/portal_signin.h"
#include "portal/portal_tenant.h"
#include "portal/portal_ward.h"
#include "portal/portal_ward_form.h"
#include "portal/portal_tls.h"
#include "portal/portal_why.h"

#define KEEPERS  (ROLE_DEVELOPER | ROLE_OPERATOR) /* of apps */
#define OPERATOR ROLE_OPERATOR
#define AUDITOR  ROLE_AUDITOR
#define STAFF    (ROLE_OPERATOR | ROLE_ADMIN)

/* clang-format off */
/* Most pages ask nothing ahead: what a row leaves out is NULL. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static const struct portal_route routes[] = {
	{ "GET",  "/",                            NEED_FULL,   ROLE_ANY,   self_home },
	{ "GET",  "/signin",                      NEED_NOBODY, ROLE_ANY,   signin_show },
	{ "POST", "/signin",                      NEED_NOBODY, ROLE_ANY,   signin_try },
	{ "GET",  "/code",                        NEED_CODE,   ROLE_ANY,   signin_code_show },
	{ "POST", "/code",                        NEED_CODE,   ROLE_ANY,   signin_code_try },
	{ "GET",  "/phone",                       NEED_ENROL,  ROLE_ANY,   signin_phone_show },
	{ "POST", "/phone",                       NEED_ENROL,  ROLE_ANY,   signin_phone_set },
	{ "GET",  "/again",                       NEED_FULL,   ROLE_ANY,   signin_again_show },
	{ "POST", "/again",                       NEED_FULL,   ROLE_ANY,   signin_again_try },
	{ "POST", "/signout",                     NEED_CODE,   ROLE_ANY,   signin_out },
	{ "POST", "/stay",                        NEED_FULL,   ROLE_ANY,   signin_stay },
	{ "GET",  "/invitation/*",                NEED_NOBODY, ROLE_ANY,   signin_invited_show },
	{ "POST", "/invitation/*",                NEED_NOBODY, ROLE_ANY,   signin_invited_set },

	{ "GET",  "/account",                     NEED_FULL,   ROLE_ANY,   self_show },
	{ "POST", "/account/passphrase",          NEED_FULL,   ROLE_ANY,   self_passphrase },
	{ "POST", "/account/language",            NEED_FULL,   ROLE_ANY,   self_language },
	{ "POST", "/account/sessions/*/end",      NEED_FULL,   ROLE_ANY,   self_session_end },

	{ "GET",  "/clients",                     NEED_FULL,   KEEPERS,    client_all, client_all_ahead },
	{ "GET",  "/clients/new",                 NEED_FULL,   KEEPERS,    client_new },
	{ "POST", "/clients/new",                 NEED_FULL,   KEEPERS,    client_make },
	{ "GET",  "/clients/*",                   NEED_FULL,   KEEPERS,    client_one, client_one_ahead },
	{ "GET",  "/clients/*/edit",              NEED_FULL,   KEEPERS,    client_edit },
	{ "POST", "/clients/*/edit",              NEED_FULL,   KEEPERS,    client_change },
	{ "POST", "/clients/*/disable",           NEED_PROOF,  KEEPERS,    client_stop },
	{ "POST", "/clients/*/enable",            NEED_PROOF,  KEEPERS,    client_start },
	{ "GET",  "/clients/*/keys",              NEED_PROOF,  KEEPERS,    client_keys },
	{ "POST", "/clients/*/keys",              NEED_PROOF,  KEEPERS,    client_keys_set },
	{ "POST", "/clients/*/keys/none",         NEED_PROOF,  KEEPERS,    client_keys_none },
	{ "GET",  "/clients/*/secrets/new",       NEED_PROOF,  KEEPERS,    secret_new },
	{ "POST", "/clients/*/secrets/new",       NEED_PROOF,  KEEPERS,    secret_make_page },
	{ "GET",  "/clients/*/secrets/*/end",     NEED_PROOF,  KEEPERS,    secret_end_ask },
	{ "POST", "/clients/*/secrets/*/end",     NEED_PROOF,  KEEPERS,    secret_end },
	{ "POST", "/clients/*/secrets/*/breach",  NEED_PROOF,  KEEPERS,    breach_end },
	{ "GET",  "/clients/*/secrets/*/tokens",  NEED_FULL,   KEEPERS,    breach_tokens },
	{ "GET",  "/clients/*/secrets/*/tokens.csv", NEED_FULL, KEEPERS,   breach_tokens_csv },

	{ "GET",  "/clients/*/requests/new",      NEED_FULL,   KEEPERS,    request_new },
	{ "POST", "/clients/*/requests/new",      NEED_FULL,   KEEPERS,    request_make },

	{ "GET",  "/tenants",                     NEED_FULL,   OPERATOR,   tenant_all, tenant_all_ahead },
	{ "GET",  "/tenants/new",                 NEED_PROOF,  OPERATOR,   tenant_new },
	{ "POST", "/tenants/new",                 NEED_PROOF,  OPERATOR,   tenant_make },
	{ "GET",  "/tenants/*",                   NEED_FULL,   OPERATOR,   tenant_one, tenant_one_ahead },
	{ "GET",  "/tenants/*/incident.csv",      NEED_FULL,   OPERATOR,   incident_csv },
	{ "GET",  "/tenants/*/history",           NEED_FULL,   OPERATOR,   tenant_history },
	{ "GET",  "/tenants/*/probe",             NEED_FULL,   OPERATOR,   probe_page },
	{ "GET",  "/tenants/*/edit",              NEED_PROOF,  OPERATOR,   tenant_edit },
	{ "POST", "/tenants/*/edit",              NEED_PROOF,  OPERATOR,   tenant_change },
	{ "GET",  "/tenants/*/suspend",           NEED_PROOF,  OPERATOR,   tenant_suspend_ask },
	{ "POST", "/tenants/*/suspend",           NEED_PROOF,  OPERATOR,   tenant_suspend_do },
	{ "GET",  "/tenants/*/resume",            NEED_PROOF,  OPERATOR,   tenant_resume_ask },
	{ "POST", "/tenants/*/resume",            NEED_PROOF,  OPERATOR,   tenant_resume_do },
	{ "GET",  "/tenants/*/maintenance",       NEED_PROOF,  OPERATOR,   tenant_maintenance_ask },
	{ "POST", "/tenants/*/maintenance",       NEED_PROOF,  OPERATOR,   tenant_maintenance_do },
	{ "GET",  "/tenants/*/grants/new",        NEED_PROOF,  OPERATOR,   grant_new },
	{ "POST", "/tenants/*/grants/new",        NEED_PROOF,  OPERATOR,   grant_make },
	{ "GET",  "/tenants/*/grants/*/end",      NEED_PROOF,  OPERATOR,   grant_end_ask },
	{ "POST", "/tenants/*/grants/*/end",      NEED_PROOF,  OPERATOR,   grant_end_do },

	{ "GET",  "/tenants/*/credential",        NEED_PROOF,  OPERATOR,   credential_page },
	{ "POST", "/tenants/*/credential",        NEED_PROOF,  OPERATOR,   credential_set },

	{ "GET",  "/tenants/*/keys",              NEED_FULL,   OPERATOR,   provider_key_all },
	{ "POST", "/tenants/*/keys",              NEED_PROOF,  OPERATOR,   provider_key_make },
	{ "POST", "/tenants/*/keys/*/use",        NEED_PROOF,  OPERATOR,   provider_key_use },
	{ "POST", "/tenants/*/keys/*/remove",     NEED_PROOF,  OPERATOR,   provider_key_remove },

	{ "GET",  "/tenants/*/certificate",       NEED_PROOF,  OPERATOR,   tls_page },
	{ "POST", "/tenants/*/certificate",       NEED_PROOF,  OPERATOR,   tls_own_set },
	{ "POST", "/tenants/*/certificate/none",  NEED_PROOF,  OPERATOR,   tls_own_none },
	{ "POST", "/tenants/*/certificate/ca",    NEED_PROOF,  OPERATOR,   tls_ca_set },
	{ "POST", "/tenants/*/certificate/no-ca", NEED_PROOF,  OPERATOR,   tls_ca_none },

	{ "GET",  "/proposals",                   NEED_FULL,   OPERATOR,   proposal_all },
	{ "GET",  "/proposals/*",                 NEED_PROOF,  OPERATOR,   proposal_one },
	{ "POST", "/proposals/*/approve",         NEED_PROOF,  OPERATOR,   proposal_approve },
	{ "POST", "/proposals/*/decline",         NEED_PROOF,  OPERATOR,   proposal_decline },

	{ "GET",  "/requests",                    NEED_FULL,   OPERATOR,   request_all },
	{ "GET",  "/requests/*",                  NEED_PROOF,  OPERATOR,   request_one },
	{ "POST", "/requests/*/approve",          NEED_PROOF,  OPERATOR,   request_approve },
	{ "POST", "/requests/*/decline",          NEED_PROOF,  OPERATOR,   request_decline },

	{ "GET",  "/keys",                        NEED_FULL,   OPERATOR,   keys_page },
	{ "GET",  "/health",                      NEED_FULL,   OPERATOR,   health_page },

	{ "GET",  "/wards",                       NEED_FULL,   STAFF,      ward_all },
	{ "GET",  "/wards/*",                     NEED_FULL,   STAFF,      ward_one },
	{ "GET",  "/wards/*/new",                 NEED_FULL,   STAFF,      ward_new },
	{ "POST", "/wards/*/new",                 NEED_FULL,   STAFF,      ward_make_page },
	{ "GET",  "/wards/*/patients/*",          NEED_FULL,   STAFF,      ward_patient_page },
	{ "GET",  "/wards/*/patients/*/add/*",    NEED_FULL,   STAFF,      ward_record_new },
	{ "POST", "/wards/*/patients/*/add/*",    NEED_FULL,   STAFF,      ward_record_make },
	{ "GET",  "/wards/*/patients/*/records/*/*", NEED_FULL, STAFF,     ward_record_edit },
	{ "POST", "/wards/*/patients/*/records/*/*", NEED_FULL, STAFF,     ward_record_change },
	{ "GET",  "/wards/*/patients/*/records/*/*/remove", NEED_FULL, STAFF, ward_remove_ask },
	{ "POST", "/wards/*/patients/*/records/*/*/remove", NEED_FULL, STAFF, ward_remove_do },

	{ "GET",  "/audit",                       NEED_FULL,   AUDITOR,    audit_home },
	{ "GET",  "/audit/patient",               NEED_PROOF,  AUDITOR,    audit_patient },
	{ "POST", "/audit/patient",               NEED_PROOF,  AUDITOR,    audit_patient_find },
	{ "POST", "/audit/patient/csv",           NEED_PROOF,  AUDITOR,    audit_patient_csv },
	{ "POST", "/audit/patient/fhir",          NEED_PROOF,  AUDITOR,    audit_patient_fhir },
	{ "GET",  "/audit/denied",                NEED_FULL,   AUDITOR,    audit_denied },
	{ "POST", "/audit/denied/csv",            NEED_PROOF,  AUDITOR,    audit_denied_csv },
	{ "GET",  "/audit/acts",                  NEED_FULL,   AUDITOR,    audit_acts },
	{ "POST", "/audit/acts/csv",              NEED_PROOF,  AUDITOR,    audit_acts_csv },

	{ "GET",  "/why",                         NEED_FULL,   ROLE_ANY,   why_page },
	{ "GET",  "/help",                        NEED_FULL,   ROLE_ANY,   help_page },

	{ "GET",  "/accounts",                    NEED_FULL,   ROLE_ADMIN, people_all },
	{ "POST", "/accounts/invite",             NEED_PROOF,  ROLE_ADMIN, people_invite },
	{ "POST", "/accounts/*/disable",          NEED_PROOF,  ROLE_ADMIN, people_disable },
	{ "POST", "/accounts/*/enable",           NEED_PROOF,  ROLE_ADMIN, people_enable },
	{ "POST", "/accounts/*/roles",            NEED_PROOF,  ROLE_ADMIN, people_roles },
	{ "POST", "/accounts/*/link",             NEED_PROOF,  ROLE_ADMIN, people_link },
	{ "POST", "/accounts/*/no-phone",         NEED_PROOF,  ROLE_ADMIN, people_no_phone },
};
/* clang-format on */

const struct portal_route *
portal_routes(size_t *n)
{
	*n = COUNT(routes);
	return routes;
}
