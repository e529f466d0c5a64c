using System.Net.Http.Headers;
using System.Net.Security;

namespace Osmo.Kubernetes;

/// <summary>What proves who the client is: a header, a client certificate, both or nothing.</summary>
/// <param name="Authorization">Sent with every request, when not null.</param>
/// <param name="ClientCertificate">Shown in the TLS handshake with its issuers, when not null.</param>
public sealed record KubernetesCredential(AuthenticationHeaderValue? Authorization, SslStreamCertificateContext? ClientCertificate)
{
    /// <summary>An anonymous client.</summary>
    public static KubernetesCredential None { get; } = new(null, null);

    /// <inheritdoc/>
    public override string ToString() => "(credential)";
}

/// <summary>Where credentials come from. Safe for several threads.</summary>
public interface IKubernetesCredentials
{
    /// <summary>What to tell a user whose credentials were refused.</summary>
    string Advice { get; }

    /// <summary>The credential to use now.</summary>
    /// <exception cref="KubernetesApiException">It cannot be obtained (<see cref="KubernetesFailure.Credentials"/>).</exception>
    ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellation);

    /// <summary>Tells the source that the server refused this credential; true when asking again may give another one.</summary>
    bool Invalidate(KubernetesCredential refused);
}
