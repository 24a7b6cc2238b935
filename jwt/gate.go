package jwt

// Gate is asked before the curve, the one dear step, when everything else about a token has held. An error refuses the token;
// otherwise done is called when the step is over.
type Gate func() (done func(), err error)

// Gated answers a service that asks gate before every verification on the curve, for capping what runs at a time.
func (s *Service) Gated(gate Gate) *Service {
	g := *s
	g.gate = gate
	return &g
}

// curve verifies the signature behind the gate.
func (s *Service) curve(verify func() error) error {
	if s.gate == nil {
		return verify()
	}
	done, err := s.gate()
	if err != nil {
		return err
	}
	defer done()
	return verify()
}
