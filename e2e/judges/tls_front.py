"""Puts TLS in front of a simulator, for clients that insist on https.

The certificate is made for the occasion and thrown away with the process.
"""

import asyncio
import atexit
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading
import urllib.parse


async def _pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def _context():
    """Makes a certificate that clients of this process trust, and the server's context for it."""
    folder = tempfile.mkdtemp(prefix='judge-tls-')
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    key, certificate = pathlib.Path(folder, 'key.pem'), pathlib.Path(folder, 'certificate.pem')
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost',
         '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', str(key), '-out', str(certificate)],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    os.environ['REQUESTS_CA_BUNDLE'] = str(certificate)
    return context


def start(url):
    """Returns `host:port` of a TLS listener that forwards to the plain `url`; it ends with this process."""
    behind = urllib.parse.urlsplit(url)
    context = _context()
    ready, address = threading.Event(), []

    async def forward(reader, writer):
        try:
            inner_reader, inner_writer = await asyncio.open_connection(behind.hostname, behind.port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))

    async def serve():
        server = await asyncio.start_server(forward, '127.0.0.1', 0, ssl=context)
        address.append('127.0.0.1:%d' % server.sockets[0].getsockname()[1])
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    if not ready.wait(20):
        raise RuntimeError('the TLS listener did not start')
    return address[0]
