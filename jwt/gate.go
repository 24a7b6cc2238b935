package jwt

// Gate is asked for the curve operation, the one dear step, when everything else about a token has held. It answers what verify answers
// for exactly this text, from a call of its own or of another goroutine that presents the same text meanwhile; or an error, which
// refuses the token.
type Gate func(token string, verify func() error) error

// Gated answers a service that leaves every verification on the curve to gate, for capping what runs at a time and for doing once what
// many ask at once.
func (s *Service) Gated(gate Gate) *Service {
	g := *s
	g.gate = gate
	return &g
}

// curve verifies the signature behind the gate.
func (s *Service) curve(token string, verify func() error) error {
	if s.gate == nil {
		return verify()
	}
	return s.gate(token, verify)
}
