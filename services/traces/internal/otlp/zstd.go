package otlp

import (
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/encoding"
)

// zstdName is the name of the compression in headers.
const zstdName = "zstd"

// gRPC knows compressors only by this registry, which is to be filled before any server or client is made.
func init() { encoding.RegisterCompressor(&zstdCompressor{}) }

// zstdCompressor compresses the messages of gRPC.
type zstdCompressor struct{ encoders, decoders sync.Pool }

func (*zstdCompressor) Name() string { return zstdName }

func (c *zstdCompressor) Compress(w io.Writer) (io.WriteCloser, error) {
	encoder, ok := c.encoders.Get().(*zstd.Encoder)
	if !ok {
		made, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(512<<10))
		return &pooledEncoder{made, &c.encoders}, err
	}
	encoder.Reset(w)
	return &pooledEncoder{encoder, &c.encoders}, nil
}

func (c *zstdCompressor) Decompress(r io.Reader) (io.Reader, error) {
	if decoder, ok := c.decoders.Get().(*zstd.Decoder); ok {
		return &pooledDecoder{decoder, &c.decoders}, decoder.Reset(r)
	}
	decoder, err := newZstdReader(r)
	if err != nil {
		return nil, err
	}
	return &pooledDecoder{decoder, &c.decoders}, nil
}

// newZstdReader takes no more memory than a request may have; what is read of it is bounded by its reader.
func newZstdReader(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxRequestBytes))
}

type pooledEncoder struct {
	*zstd.Encoder
	pool *sync.Pool
}

func (e *pooledEncoder) Close() error {
	defer e.pool.Put(e.Encoder)
	return e.Encoder.Close()
}

// pooledDecoder goes back at the end of its message. One that is left before is collected.
type pooledDecoder struct {
	*zstd.Decoder
	pool *sync.Pool
}

func (d *pooledDecoder) Read(to []byte) (int, error) {
	if d.Decoder == nil {
		return 0, io.EOF
	}
	n, err := d.Decoder.Read(to)
	if err == io.EOF { //nolint:errorlint // readers give it bare
		d.pool.Put(d.Decoder)
		d.Decoder = nil
	}
	return n, err
}
