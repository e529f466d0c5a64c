using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Osmo.Kubernetes;

/// <summary>A credential that never changes: a token, a user name and password, a client certificate, or nothing.</summary>
internal sealed class StaticCredentials(KubernetesCredential credential, string advice) : IKubernetesCredentials
{
    public string Advice => advice;

    public static StaticCredentials None { get; } =
        new(KubernetesCredential.None, "No credentials are configured: add a user with a token, certificate or exec plugin.");

    public static StaticCredentials Bearer(string token, string advice, X509Certificate2? certificate = null) =>
        new(new KubernetesCredential(new AuthenticationHeaderValue("Bearer", token), certificate), advice);

    public static StaticCredentials Basic(string user, string password, string advice, X509Certificate2? certificate = null) =>
        new(
            new KubernetesCredential(
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))),
                certificate),
            advice);

    public ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellation) => ValueTask.FromResult(credential);

    public bool Invalidate(KubernetesCredential refused) => false;
}
