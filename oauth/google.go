package oauth

import "net/url"

// newGoogle makes Google, whose ID token says for which addresses Google runs the mailbox: those of gmail.com, and verified ones of
// an account that belongs to a Workspace organization, named by hd (developers.google.com/identity/openid-connect/openid-connect).
func newGoogle(name string, c ProviderConfig, base *url.URL, env Environment) (Provider, error) {
	made, err := newOpenID(name, c, base, env)
	if err != nil {
		return nil, err
	}
	p, _ := made.(*openID)
	p.describe = func(c *claims, info *UserInfo) error {
		info.Authoritative = info.EmailVerified && (domainOf(info.Email) == "gmail.com" || c.HostedDomain != "")
		return nil
	}
	return p, nil
}
