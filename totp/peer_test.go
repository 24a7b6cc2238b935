package totp

import (
	"crypto/rand"
	"math/big"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"

	"github.com/crafteasy/auth/internal/testutil"
)

// TestOathtool compares 60 codes with a program that shares no code: random keys and times, three algorithms, two lengths.
func TestOathtool(t *testing.T) {
	tool := testutil.OATHTool(t)
	for _, a := range []struct {
		name      string
		algorithm otp.Algorithm
		size      int
	}{{"sha1", otp.AlgorithmSHA1, 20}, {"sha256", otp.AlgorithmSHA256, 32}, {"sha512", otp.AlgorithmSHA512, 64}} {
		for range 10 {
			key := make([]byte, a.size)
			_, _ = rand.Read(key)
			seconds, err := rand.Int(rand.Reader, big.NewInt(1<<33))
			if err != nil {
				t.Fatal(err)
			}
			at := time.Unix(seconds.Int64(), 0).UTC()
			for _, digits := range []int{6, 8} {
				out, err := exec.CommandContext(t.Context(), tool, "--totp="+a.name, "-b", "-d", strconv.Itoa(digits),
					"--now", at.Format("2006-01-02 15:04:05 UTC"), base32Text.EncodeToString(key)).CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				got, err := codeAt(key, at.Unix()/30, digits, a.algorithm)
				if want := strings.TrimSpace(string(out)); err != nil || got != want {
					t.Errorf("%s, %d digits, at %v: %s, and oathtool says %s: %v", a.name, digits, at, got, want, err)
				}
			}
		}
	}
}
