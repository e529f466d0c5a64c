namespace Osmo.Testing.Kubernetes;

/// <summary>Bytes recorded from a real API server.</summary>
public static class Recorded
{
    /// <summary>A recorded body as text.</summary>
    public static string Text(string file) => File.ReadAllText(SharedMaterial.PathOf("kube-wire", file));

    /// <summary>A recorded body.</summary>
    public static byte[] Bytes(string file) => File.ReadAllBytes(SharedMaterial.PathOf("kube-wire", file));
}
