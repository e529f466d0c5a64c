using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Kubernetes;

/// <summary>A bearer token in a file that somebody else renews, as the kubelet does for service accounts.</summary>
internal sealed class TokenFileCredentials(string path, TimeProvider time, X509Certificate2? certificate = null) : IKubernetesCredentials
{
    /// <summary>How long a token that was read is used before the file is looked at again.</summary>
    public static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private KubernetesCredential? _current;
    private long _readAt;

    public string Advice => $"The token in {path} may have expired; check that something renews it.";

    public ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_current is null || time.GetElapsedTime(_readAt) >= ReadInterval)
            {
                _current = Read() is { } token ? Renewed(token) : _current ?? throw Unreadable(null);
                _readAt = time.GetTimestamp();
            }

            return ValueTask.FromResult(_current);
        }
    }

    public bool Invalidate(KubernetesCredential refused)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_current, refused))
            {
                return true;
            }

            string? token = Read();
            if (token is null || token == refused.Authorization?.Parameter)
            {
                return false;
            }

            _current = Renewed(token);
            _readAt = time.GetTimestamp();
            return true;
        }
    }

    private KubernetesCredential Renewed(string token) =>
        _current?.Authorization?.Parameter == token
            ? _current
            : new KubernetesCredential(new AuthenticationHeaderValue("Bearer", token), certificate);

    // A file that cannot be read right now (it is being replaced) is no reason to drop a token that may still be good.
    private string? Read()
    {
        try
        {
            string token = File.ReadAllText(path).Trim();
            return token.Length > 0 ? token : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return _current is not null ? null : throw Unreadable(e);
        }
    }

    private KubernetesApiException Unreadable(Exception? e) => new(
        KubernetesFailure.Credentials,
        $"cannot read a token from {path}{(e is null ? ": it is empty" : $": {e.Message}")}. Check the path and its permissions.",
        e);
}
