using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Kubernetes;

/// <summary>Sends requests to one API server: TLS as configured, credentials with every request, failures told apart.</summary>
internal sealed class ApiConnection : IDisposable
{
    /// <summary>How much of a failed answer's body is read.</summary>
    public const int ErrorBodyBytesMax = 1 << 20;

    private static readonly string UserAgent =
        $"{KubernetesClient.FieldManager}/{typeof(ApiConnection).Assembly.GetName().Version?.ToString(3) ?? "0"}";

    // An authority that was replaced is only asked about new connections.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    private readonly KubernetesConfiguration _configuration;
    private readonly KubernetesClientOptions _options;
    private readonly TimeProvider _time;
    private readonly string _base;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext? _clientCertificate;
    private HttpClient _http;

    public ApiConnection(KubernetesConfiguration configuration, KubernetesClientOptions options, TimeProvider time)
    {
        _configuration = configuration;
        _options = options;
        _time = time;
        _base = configuration.Server.AbsoluteUri.TrimEnd('/');
        _http = CreateClient(clientCertificate: null);
    }

    public string Source => _configuration.Source;

    public TimeProvider Time => _time;

    public KubernetesClientOptions Options => _options;

    /// <summary>Sends a request and returns a successful answer whose headers have arrived.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path and query under the server's address.</param>
    /// <param name="what">What is being tried, for messages: "list nodes".</param>
    /// <param name="body">Body and its content type, when there is one.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="KubernetesApiException">Anything but success.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string what, (byte[] Bytes, string Type)? body, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            KubernetesCredential credential = await _configuration.Credentials.GetAsync(cancellation).ConfigureAwait(false);
            HttpResponseMessage response = await SendOnceAsync(method, path, what, body, credential, cancellation).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                if (response.StatusCode != HttpStatusCode.Unauthorized || attempt > 1 || !_configuration.Credentials.Invalidate(credential))
                {
                    byte[] text = await ReadBodyAsync(response, ErrorBodyBytesMax, cut: true, what, cancellation).ConfigureAwait(false);
                    throw ApiFailures.FromResponse(response, text, what, _configuration, _time);
                }
            }
        }
    }

    /// <summary>Reads a body to its end.</summary>
    /// <exception cref="KubernetesApiException">It stalls, breaks off, or is longer than <paramref name="bytesMax"/> and not to be
    /// cut.</exception>
    public async Task<byte[]> ReadBodyAsync(
        HttpResponseMessage response, int bytesMax, bool cut, string what, CancellationToken cancellation)
    {
        try
        {
            using Stream stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            using MemoryStream bytes = new();
            byte[] chunk = new byte[1 << 14];
            using IdleLimit limit = new(_options.BodyIdleTimeout, _time, cancellation);
            for (int read; (read = await stream.ReadAsync(chunk, limit.Restart()).ConfigureAwait(false)) > 0;)
            {
                if (bytes.Length + read > bytesMax)
                {
                    return cut ? bytes.ToArray() : throw new KubernetesApiException(
                        KubernetesFailure.MalformedResponse, $"cannot {what}: the answer is larger than {bytesMax} bytes.");
                }

                bytes.Write(chunk, 0, read);
            }

            return bytes.ToArray();
        }
        catch (Exception e) when (ApiFailures.IsTransport(e) && !cancellation.IsCancellationRequested)
        {
            throw ApiFailures.FromTransport(e, what, _configuration);
        }
    }

    public KubernetesApiException Broken(Exception e, string what) => ApiFailures.FromTransport(e, what, _configuration);

    public KubernetesApiException Failed(KubernetesStatus status) => ApiFailures.FromErrorEvent(status, _configuration);

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpMethod method,
        string path,
        string what,
        (byte[] Bytes, string Type)? body,
        KubernetesCredential credential,
        CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(method, new Uri(_base + path))
        {
            Version = _configuration.Server.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };

        // The handler takes the name to ask for and to verify in TLS from the Host header, which an API server itself ignores.
        request.Headers.Host = _configuration.TlsServerName;
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.Authorization = credential.Authorization;
        foreach ((string name, string value) in _configuration.ImpersonationHeaders)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is { } content)
        {
            request.Content = new ByteArrayContent(content.Bytes);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", content.Type);
        }

        using IdleLimit limit = new(_options.ResponseTimeout, _time, cancellation);
        try
        {
            return await ClientFor(credential)
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Restart()).ConfigureAwait(false);
        }
        catch (Exception e) when (ApiFailures.IsTransport(e) && !cancellation.IsCancellationRequested)
        {
            throw ApiFailures.FromTransport(e, what, _configuration);
        }
    }

    /// <summary>
    /// The client whose connections show the credential's certificate. When that is renewed the old client takes no further request: what
    /// it has open, such as a watch, runs to its end, and its connections close once they have been idle for a while.
    /// </summary>
    private HttpClient ClientFor(KubernetesCredential credential)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(credential.ClientCertificate, _clientCertificate))
            {
                _clientCertificate = credential.ClientCertificate;
                _http = CreateClient(_clientCertificate);
            }

            return _http;
        }
    }

    private HttpClient CreateClient(SslStreamCertificateContext? clientCertificate) =>
        new(CreateHandler(clientCertificate)) { Timeout = Timeout.InfiniteTimeSpan };

    private SocketsHttpHandler CreateHandler(SslStreamCertificateContext? clientCertificate)
    {
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = _options.ConnectTimeout,
            AutomaticDecompression = DecompressionMethods.GZip,
            AllowAutoRedirect = false,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = _options.KeepAlivePingDelay,
            KeepAlivePingTimeout = _options.KeepAlivePingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            PooledConnectionLifetime = ConnectionLifetime,
            UseProxy = _configuration.Proxy is not null,
            Proxy = _configuration.Proxy is { } proxy ? ProxyAt(proxy) : null,
            SslOptions = new SslClientAuthenticationOptions { ClientCertificateContext = clientCertificate },
        };

        if (_configuration.InsecureSkipTlsVerify || _configuration.Authority is not null)
        {
            // The handshake makes a chain of its own first; what it finds about that is judged anew.
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            handler.SslOptions.RemoteCertificateValidationCallback = IsTrusted;
        }

        return handler;
    }

    private static WebProxy ProxyAt(Uri address) => new(address) { Credentials = EnvironmentProxy.CredentialOf(address) };

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors) =>
        _configuration.InsecureSkipTlsVerify
        || ServerTrust.IsTrusted(certificate, presented, errors, _configuration.Authority!.Current());
}
