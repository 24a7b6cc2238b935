package jwt

// Gate is asked before the curve, the one dear step, when everything else about a token has held. signed is the header and payload
// as they were presented, without the signature. An error refuses the token; otherwise done is called when the step is over.
type Gate func(signed string) (done func(), err error)

// Gated answers a service that asks gate before every verification on the curve, for capping what runs at a time and for
// refusing by look-up what needs no second look.
func (s *Service) Gated(gate Gate) *Service {
	g := *s
	g.gate = gate
	return &g
}

// curve verifies the signature behind the gate.
func (s *Service) curve(c *compact, verify func() error) error {
	if s.gate == nil {
		return verify()
	}
	done, err := s.gate(c.signed)
	if err != nil {
		return err
	}
	defer done()
	return verify()
}
