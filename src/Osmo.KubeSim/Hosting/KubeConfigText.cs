using System.Text;

namespace Osmo.KubeSim.Hosting;

/// <summary>Writes a kubeconfig with one cluster, user and context.</summary>
internal static class KubeConfigText
{
    public static string Of(Uri server, string? authorityPem, string? token, (string CertificatePem, string KeyPem)? client)
    {
        var text = new StringBuilder()
            .AppendLine("apiVersion: v1").AppendLine("kind: Config").AppendLine("current-context: kubesim")
            .AppendLine("clusters:").AppendLine("- name: kubesim").AppendLine("  cluster:")
            .AppendLine($"    server: {server.GetLeftPart(UriPartial.Authority)}");
        if (authorityPem is not null)
        {
            text.AppendLine($"    certificate-authority-data: {Base64(authorityPem)}");
        }

        text.AppendLine("users:").AppendLine("- name: kubesim");
        if (token is null && client is null)
        {
            text.AppendLine("  user: {}");
        }
        else
        {
            text.AppendLine("  user:");
        }

        if (token is not null)
        {
            text.AppendLine($"    token: \"{token}\"");
        }

        if (client is { } pair)
        {
            text.AppendLine($"    client-certificate-data: {Base64(pair.CertificatePem)}");
            text.AppendLine($"    client-key-data: {Base64(pair.KeyPem)}");
        }

        return text.AppendLine("contexts:").AppendLine("- name: kubesim").AppendLine("  context:")
            .AppendLine("    cluster: kubesim").AppendLine("    user: kubesim").ToString();
    }

    public static async Task WriteAsync(string path, string text, CancellationToken cancel)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new FileStream(path, options);
        await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);
    }

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));
}
