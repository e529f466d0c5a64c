using System.Net.Http.Headers;

namespace Osmo.Kubernetes;

/// <summary>A bearer token in a file that somebody else renews, as the kubelet does for service accounts.</summary>
internal sealed class TokenFileCredentials(string path, TimeProvider time, KubernetesCredential? fallback = null) : IKubernetesCredentials
{
    /// <summary>How long a token that was read is used before the file is looked at again.</summary>
    public static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private KubernetesCredential? _current = fallback;
    private long? _readAt;

    public string Advice => $"The token in {path} may have expired; check that something renews it.";

    public ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_current is null || _readAt is not { } readAt || time.GetElapsedTime(readAt) >= ReadInterval)
            {
                _current = Read() is { } token ? Renewed(token) : _current!;
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

            AuthenticationHeaderValue? token = Read();
            if (token is null || token.Equals(refused.Authorization))
            {
                return false;
            }

            _current = Renewed(token);
            _readAt = time.GetTimestamp();
            return true;
        }
    }

    private KubernetesCredential Renewed(AuthenticationHeaderValue token) =>
        token.Equals(_current?.Authorization) ? _current! : new KubernetesCredential(token, null);

    // A file that cannot be used right now (it is being replaced) is no reason to drop a token that may still be good: null then.
    private AuthenticationHeaderValue? Read()
    {
        try
        {
            return BearerToken.TryParse(File.ReadAllText(path))
                ?? (_current is not null ? null : throw Unusable("it is empty, or holds more than one line or word", null));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return _current is not null ? null : throw Unusable(e.Message.TrimEnd('.'), e);
        }
    }

    private KubernetesApiException Unusable(string why, Exception? e) => new(
        KubernetesFailure.Credentials, $"cannot read a token from {path}: {why}. Check the path, its permissions and the text.", e);
}
