package totp

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"

	"github.com/crafteasy/auth/user"
)

const (
	// maxLabel bounds the names that apps show, so that every key fits into a code that cameras read.
	maxLabel = 40
	// qrPixels is the width of the QR code, qrQuiet that of the white margin around it.
	qrPixels = 480
	qrQuiet  = 40
)

// label makes a text fit for the label of a key: apps take the first colon for the end of the issuer, and show one line.
func label(s string) string {
	s = strings.Map(func(c rune) rune {
		if c == ':' || c == unicode.ReplacementChar || !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, s)
	if r := []rune(s); len(r) > maxLabel {
		s = string(r[:maxLabel])
	}
	return strings.TrimSpace(s)
}

// account is the name by which the app shows the user.
func account(u user.User) string {
	for _, name := range []string{u.Email, u.Phone, u.Name} {
		if l := label(name); l != "" {
			return l
		}
	}
	if l := label(u.ID); l != "" {
		return l
	}
	return "account"
}

// keyURI writes the key in the form that apps read: otpauth://totp/Issuer:account?secret=…&issuer=…. Everything but letters, digits
// and "-._~" is percent-encoded, since apps differ in what they make of "+" and of sub-delimiters.
func (s *Service) keyURI(u user.User, key []byte) string {
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		escape(s.opts.Issuer), escape(account(u)), base32Text.EncodeToString(key), escape(s.opts.Issuer),
		s.opts.Digits, int(s.opts.Period/time.Second))
}

func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// qrPNG draws the key as a QR code: black on white, with the quiet zone that readers need, in two colours.
func qrPNG(uri string) ([]byte, error) {
	key, err := otp.NewKeyFromURL(uri)
	if err != nil {
		return nil, fmt.Errorf("totp: key: %w", err)
	}
	code, err := key.Image(qrPixels, qrPixels)
	if err != nil {
		return nil, fmt.Errorf("totp: QR code: %w", err)
	}
	const side = qrPixels + 2*qrQuiet
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	draw.Draw(img, image.Rect(qrQuiet, qrQuiet, side-qrQuiet, side-qrQuiet), code, code.Bounds().Min, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("totp: PNG: %w", err)
	}
	return b.Bytes(), nil
}
