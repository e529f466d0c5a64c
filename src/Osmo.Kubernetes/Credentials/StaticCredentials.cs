using System.Net.Http.Headers;
using System.Text;

namespace Osmo.Kubernetes;

/// <summary>A credential that never changes: a token, a user name and password, or nothing.</summary>
internal sealed class StaticCredentials(KubernetesCredential credential, string advice) : IKubernetesCredentials
{
    public string Advice => advice;

    public KubernetesCredential Current => credential;

    public static StaticCredentials None { get; } =
        new(KubernetesCredential.None, "No credentials are configured: add a user with a token, certificate or exec plugin.");

    /// <summary>As kubectl, nothing that proves who somebody is goes out unencrypted.</summary>
    public static StaticCredentials OverHttp { get; } =
        new(KubernetesCredential.None, "No credentials are sent over http, where everybody on the way could read them: use https.");

    /// <exception cref="KubernetesConfigurationException">No header can hold the token.</exception>
    public static StaticCredentials Bearer(string token, string source, string advice) => new(
        new KubernetesCredential(
            BearerToken.TryParse(token) ?? throw new KubernetesConfigurationException(
                $"the token of {source} is unusable: it is empty, or has blanks, line breaks or other characters that no header can hold. "
                    + "Copy it again, in one line."),
            null),
        advice);

    public static StaticCredentials Basic(string user, string password, string advice) => new(
        new KubernetesCredential(
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))), null),
        advice);

    public ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellation) => ValueTask.FromResult(credential);

    public bool Invalidate(KubernetesCredential refused) => false;
}
