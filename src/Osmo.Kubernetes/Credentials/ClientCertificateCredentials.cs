using System.Net.Security;

namespace Osmo.Kubernetes;

/// <summary>A client certificate beside other credentials. One from files is read again at intervals, and when it is refused.</summary>
internal sealed class ClientCertificateCredentials : IKubernetesCredentials
{
    /// <summary>How long a certificate that was read is used before its files are looked at again.</summary>
    public static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(60);

    private readonly IKubernetesCredentials _others;
    private readonly Func<(string Certificate, string Key)> _read;
    private readonly string _source;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private (string Certificate, string Key) _pem;
    private SslStreamCertificateContext _certificate;
    private long _readAt;
    private KubernetesCredential? _other;
    private KubernetesCredential? _current;

    /// <param name="others">Credentials to send besides.</param>
    /// <param name="read">Gives the PEM texts as they are now.</param>
    /// <param name="source">Whose certificate it is, for messages.</param>
    /// <param name="time">Clock for reading again.</param>
    /// <exception cref="KubernetesConfigurationException">There is no usable certificate at the beginning.</exception>
    public ClientCertificateCredentials(
        IKubernetesCredentials others, Func<(string Certificate, string Key)> read, string source, TimeProvider time)
    {
        _others = others;
        _read = read;
        _source = source;
        _time = time;
        _pem = read();
        _certificate = ClientCertificate.Parse(_pem.Certificate, _pem.Key, source);
        _readAt = time.GetTimestamp();
    }

    public string Advice => _others.Advice;

    public async ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellation)
    {
        KubernetesCredential other = await _others.GetAsync(cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            if (_time.GetElapsedTime(_readAt) >= ReadInterval)
            {
                ReadAgain();
            }

            if (_current is null || !ReferenceEquals(other, _other) || !ReferenceEquals(_current.ClientCertificate, _certificate))
            {
                _other = other;
                _current = other with { ClientCertificate = _certificate };
            }

            return _current;
        }
    }

    public bool Invalidate(KubernetesCredential refused)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(refused, _current))
            {
                return true;
            }

            bool isNew = ReadAgain();
            return _others.Invalidate(_other!) || isNew;
        }
    }

    private bool ReadAgain()
    {
        _readAt = _time.GetTimestamp();
        try
        {
            (string Certificate, string Key) pem = _read();
            if (pem == _pem)
            {
                return false;
            }

            _certificate = ClientCertificate.Parse(pem.Certificate, pem.Key, _source);
            _pem = pem;
            return true;
        }
        catch (KubernetesConfigurationException)
        {
            // Only one of the two files has been replaced yet: the old ones stay in use until the new ones fit together.
            return false;
        }
    }
}
