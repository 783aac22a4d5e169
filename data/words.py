"""Very frequent words of the four languages and of those most easily taken for them.

They decide where a letter-statistics model cannot: texts of one to six words, colloquial spelling, missing accents. All
are written as people type them, lower case and also without marks. A word that several languages use stands in each
of them; its vote is then divided (see `data.language`). Brand, place and product names have no place here.
"""

from __future__ import annotations

from types import MappingProxyType

from data.syllables import without_marks

_FINNISH = """
ja on ei se että en et ole oli mutta kun niin mitä mikä joka tai myös jos vain nyt vielä jo sitten kuin hän minä sinä
me te he ne tämä tuo nämä minun minulla mulla mun mä sä mulle minulle meille meidän teidän teillä teiltä teille olen
olet olemme ovat olisi olin ollut oltu oon oot ollaan ollu eikä eivät emme ette eihän eipä oo ois voi voiko voisi
voisitko saa saisi saanut saanu sain saako pitää pitäisi pitäs kiitos kiitti kiitokset moi hei terve moikka päivää
huomenta iltaa hyvä hyvää hyvin huono huonoa huonosti paska paskaa surkea surkeaa kamala kamalaa karmea loistava
loistavaa mahtava mahtavaa ihana ihanaa kiva kivaa erinomainen erinomaista ok ihan tosi todella aivan aika paljon
vähän liian taas aina koskaan usein heti pian eilen tänään huomenna viikko viikkoa päivä päiviä kuukausi vuosi tunti
tuntia kolme kaksi yksi neljä missä miksi miks milloin miten kuka kenelle onko onks ku mut sit tää toi noi nää niitä
sitä tätä joku jotain mitään mikään kukaan kukaa siellä täällä täältä sieltä siitä tästä kautta kanssa ilman jälkeen
ennen toimi toimii toimita toiminut tullut tuli tulee tulla tule meni menee paketti pakettia lasku laskua laskun
tilaus tilauksen tilasin tilausta raha rahat rahaa asiakaspalvelu asiakaspalvelun puhelin tuote palvelu palvelua ruoka
hinta hinnat auki kiinni rikki apua väärä väärin myöhässä kylmä kylmää pettynyt suosittelen hieno hienoa parempi paras
odotan odottanut ootellu odottelen missään kaikki kaikkea kaikille oma omat asia asiaa mistä mihin minne sinne tänne
vois pystyy pysty haluan haluaisin haluun toivon ymmärrä tiedä tiiä ilmeisesti varmaan kyl kyllä joo juu no höh hyi
"""

_VIETNAMESE = """
không ko k hok hông được đc dc rồi quá này nè thì là mà và của cho với vs có các những một mình tôi tui em anh chị bạn
mọi người ng mn mng shop ơi ạ à nha nhé nhen nghen đi đã đang sẽ bị làm lm sao gì j z vậy zậy nào đâu bao giờ bây hàng
giao ship đơn tiền mua bán gọi điện thoại hỏi trả lời nhân viên nv tệ tốt đẹp đep ngon dở lỗi lag hư hỏng nhanh chậm
lâu trễ muộn mãi hoài luôn lắm lém trời thất vọng tuyệt cảm ơn xin chào giúp giùm dùm ngày tháng tuần hôm nay qua mai
sáng tối trưa chiều năm phòng khách khám bác sĩ thuốc nước mạng app tk mk sđt sdt ib rep còn hết thêm nữa lại vẫn chưa
chứ nhưng nên vì nếu khi như thế đó đây kia ra vào lên xuống về từ đến tới trên dưới trong ngoài sau trước cũng chỉ
mới ai biết thấy nghe nói bảo đòi hoàn kiểm tra xem mở đóng dùng xài ntn nt vl cx cg bt bik nó hắn alo alô hjhj hic
huhu oke oki nhìu iu trc bn bnh ck đt thui thoi hong hem dzậy mún tl trl pk bít wa wá gòi ròi đag dag khong duoc roi
mot minh toi nguoi hang tien khach nhan vien dien thoai cam loi that vong gio te tot dep cham tre hu hoai luon lam
chua van nhung neu nhu vay gi dau lai nua het cung biet thay
"""

_SPANISH = """
el la los las un una unos unas y o de del al en con por para sin que qué no sí si es son está están estoy estamos fue
ha han he hay había muy más mas menos pero porque como cómo cuando cuándo donde dónde quien quién cual me te se le les
lo nos mi mis su sus tu este esta esto ese esa eso estos estas aquí ahí ya todavía aún nunca siempre jamás nada nadie
todo todos toda todas algo alguien otro otra vez veces hace desde hasta días día semana semanas mes meses año hoy ayer
mañana ahora después antes gracias hola buenas buenos tardes noches favor usted ustedes yo ellos bien mal bueno buena
malo mala peor mejor pésimo pésima pesimo pesima excelente horrible terrible fatal genial perfecto perfecta encantado
vergüenza estafa robo basura porquería asco servicio atención cliente clientes pedido paquete envío factura dinero
cuenta cobro cobraron cobrado cobrar llegó llegado llega llamo llamado llamar teléfono tienda comida cuarto habitación
quiero quisiera puedo puede pueden podrían tengo tiene tienen necesito funciona sirve anda va vale hice hizo dijo
dicen dijeron fui era ser estar tener hacer dar doy llevo espero esperando sigo sigue siguen solo sólo también tampoco
así entonces mismo misma mucho mucha muchas muchos poco tan tanto tarde rápido lento caro barata barato frío sucio
roto nuevo nueva recomiendo recomendable volveré aplicación luz agua ni pues bastante cada ningún ninguna deben debe
ayuda respuesta responden contesta contestan señor señora ok vos tenés che wey órale ahorita pa q xq pq tb encanta
gusta prueba haceis teneis hicieron llevan tardan
"""

_ENGLISH = """
the a an and or but of to in on at for with without from by is are was were be been being am i you he she it we they
me him her us them my your his its our their this that these those there here what which who when where why how not no
yes do does did don't dont didn't didnt doesn't doesnt can can't cant cannot could couldn't couldnt will won't wont
would wouldn't should shouldn't have has had haven't havent hasn't hasnt isn't isnt wasn't wasnt aren't it's i'm im
i've ive i'd i'll you're ur u thanks thank please pls plz hello hi hey good great bad worst best terrible awful
horrible excellent amazing lovely brilliant rubbish garbage useless disappointed disappointing love like hate nice
poor fine ok okay very so too just only really still again never ever always already yet now then today yesterday
tomorrow day days week weeks month months year hour hours minutes time first last new old more most much many some any
all every nothing nobody anyone someone something everything one two three get got getting go going gone come came
want need help fix work works working worked order ordered delivery delivered parcel package refund money paid pay
bill charge charged account app service customer staff food room phone call called email back after before since until
about over under up down out off into than because if as also even same other another wrong broken late slow cold
dirty crashes crash keeps cancel cancelled received waiting waited told said says left rude friendly recommend price
value waste quality product
"""

_NEIGHBOURS = {
    "pt": """
    não nao você vocês voces uma um muito meu minha meus foi com são já até isso ninguém obrigado obrigada nem
    ao pelo pela há do da dos das em no na os as o a e é está estou mais mas seu sua vou tem têm quando quero
    por que para de ainda nunca porque depois mesmo bom boa sem só aqui este esta outra outro obrigados olá
    """,
    "gl": """
    unha un non moi meu miña miñas voso dende onte ninguén grazas dúas polo pola ao aos o os a as do da dos
    das na no xa hai cando son que de e con por para quero teñen teño me este esta mes todo outra outro outras
    aquí nunca mais máis leva poden pode moito moita aínda agora ben bo boa cor chegou foi ningunha onde
    sempre tarde luz
    """,
    "ca": """
    els les amb però molt aquest aquesta és meva meu què vull això gràcies ningú dels fa i el la un una no que
    de em hi ho us han ha cap per com quan he estic tinc sense des meves vostre vostra mai més mes res aquí
    quina quin estem vaig va podeu teniu qui sempre encara bon bona tot tots fer diners ve d'una del al l'
    """,
    "it": """
    il lo la gli le i che non è sono della dello dei di del per mio mia ho ha hanno anche questo questa grazie
    molto perché nessuno un una con ma mi si come da al alla nella più vorrei avete ciao
    """,
    "fr": """
    je ne pas le la les et est vous une un mon ma mes pour très avec ai plus que qui de des du en sur dans
    nous votre bonjour merci jamais rien ça ca c'est j'ai il n'est à au
    """,
    "et": """
    ja ei ma ole on oli kui aga minu mul mu meie teie kas miks palun aitäh aitah väga vaga see mis siis keegi
    olen oma et või ta seda ka selle pole mida enam juba veel nii ning kõik kogu mitte ainult tere saab sai
    pean peab nüüd siin seal üks kaks ette pärast enne lihtsalt miski kus millal kuidas ega
    """,
    "id": """
    yang saya tidak dan ini itu sudah di ada untuk dengan belum bisa aku gak nggak ga banget mau tolong kenapa
    dari ke udah juga jadi lagi sama kalau tapi nya mohon kami anda terima kasih sangat
    """,
    "tl": """
    ang ng mga sa na ko ako hindi po naman ito kayo lang wala may pa niyo ninyo yung salamat at ba ka mo si
    nang walang kung kami namin
    """,
    "nl": """
    het een niet ik mijn van en dat ook wel maar jullie voor de is er op te met zijn naar geen nog heb heeft
    wat wordt bij aan
    """,
    "de": """
    ich nicht und der die das ist ein eine mein meine auch sie mit zu von den für es wir noch habe hat kein
    keine auf aber bitte war sehr wie danke
    """,
    "sv": "jag inte och är det att ni som på för min har en ett med till från av så kan vi var mitt den hur ingen tack",
    "no": "jeg ikke og er det på har som en et med til av å fra kan vi var min mitt dere den ingen når hvor takk tusen",
    "da": "jeg ikke og er det på har som en et med til af at fra kan vi var min mit i den ingen når hvor jeres tak",
    "pl": "nie jest się sie to na że ze czy mam i w z do mi jak już juz za co po mnie dziękuję bardzo",
}


def _holders() -> dict[str, tuple[str, ...]]:
    lists = {"fi": _FINNISH, "vi": _VIETNAMESE, "es": _SPANISH, "en": _ENGLISH, **_NEIGHBOURS}
    holders: dict[str, dict[str, None]] = {}
    for language, words in lists.items():
        for word in words.split():
            for spelling in {word, without_marks(word)}:
                holders.setdefault(spelling, {})[language] = None
    return {word: tuple(languages) for word, languages in holders.items()}


LANGUAGES_OF = MappingProxyType(_holders())
"""For each listed word, the languages (ISO 639-1) whose most frequent words it is among."""

_NAMES = """
matti mikko juha timo antti jari kari pekka ville janne anna maria liisa sari tiina minna hanna eeva virtanen korhonen
nieminen mäkinen makinen mäkelä makela hämäläinen laine heikkinen koskinen järvinen lehtonen nguyễn trần lê phạm hoàng
huỳnh phan vũ võ đặng bùi đỗ hồ ngô văn thị minh tuấn hùng hương lan thảo linh trang josé juan luis carlos jorge pedro
miguel antonio francisco javier manuel maría ana carmen laura lucía marta garcía rodríguez martínez hernández lópez
gonzález pérez sánchez ramírez torres flores fernández gómez díaz john james david michael robert william thomas mary
jennifer sarah emma olivia smith johnson williams brown jones taylor davies wilson evans miller anderson
"""
NAMES = frozenset(without_marks(_NAMES).split())
"""The most frequent given names and surnames of the four languages, marks taken away."""
