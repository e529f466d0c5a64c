using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.TypeSystem;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>Orleans' serializer, as silos and gateways have it.</summary>
internal static class Wire
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private static readonly Serializer Serializer = Services.GetRequiredService<Serializer>();

    private static readonly DeepCopier Copier = Services.GetRequiredService<DeepCopier>();

    /// <summary>Where it finds how a type is written.</summary>
    public static CodecProvider Codecs { get; } = Services.GetRequiredService<CodecProvider>();

    /// <summary>What of a value arrives in another process.</summary>
    public static T Send<T>(T value) => Serializer.Deserialize<T>(Write(value))!;

    /// <summary>What of a value goes over the network.</summary>
    public static byte[] Write<T>(T value) => Serializer.SerializeToArray(value);

    /// <summary>What of a value arrives at a callee in the same process.</summary>
    public static T Pass<T>(T value) => Copier.Copy(value)!;

    /// <summary>What a type is called in messages.</summary>
    public static string NameOf(Type type) => Services.GetRequiredService<TypeConverter>().Format(type);
}
