package oauth

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// tenantPattern stands in the metadata of authorities that serve many tenants where an ID token has the tenant's id.
const tenantPattern = "{tenantid}"

var (
	tenantForm   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	errTenants   = errors.New("tenants must be ids such as 9188040d-6c67-4c5b-b112-36a304b66dad, in lower case")
	errNoTenants = errors.New("link_verified needs a single tenant")
)

// newMicrosoft makes Microsoft Entra ID. Its addresses are whatever a tenant's administrator typed, so they count only with the optional
// claim xms_edov, and the identity is tid and oid (learn.microsoft.com/entra/identity-platform/id-token-claims-reference).
func newMicrosoft(name string, c ProviderConfig, base *url.URL, env Environment) (Provider, error) {
	for _, t := range c.Tenants {
		if !tenantForm.MatchString(t) {
			return nil, errTenants
		}
	}
	single := len(c.Tenants) == 1
	if c.LinkVerified && !single && len(c.EmailDomains) == 0 {
		return nil, errNoTenants
	}
	cloud := strings.TrimSuffix(c.Issuer, "/")
	at := place{issuer: cloud + "/" + tenantPattern + "/v2.0", discovery: cloud + "/common/v2.0/.well-known/openid-configuration"}
	if single {
		at.issuer = cloud + "/" + c.Tenants[0] + "/v2.0"
		at.discovery = at.issuer + "/.well-known/openid-configuration"
	}
	p := makeOpenID(name, c, base, env, at)
	p.issuerOf = func(got *claims) (string, error) {
		if !tenantForm.MatchString(got.TenantID) || len(c.Tenants) > 0 && !slices.Contains(c.Tenants, got.TenantID) {
			return "", Refuse("the tenant is not one that may sign in")
		}
		return cloud + "/" + got.TenantID + "/v2.0", nil
	}
	p.describe = func(got *claims, info *UserInfo) error {
		if !tenantForm.MatchString(got.ObjectID) {
			return Refuse("the ID token names no object id")
		}
		info.Subject = got.TenantID + ":" + got.ObjectID
		info.EmailVerified = info.Email != "" && isTrue(got.DomainOwner)
		info.Authoritative = info.EmailVerified && single
		return nil
	}
	return p, nil
}
